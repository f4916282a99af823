"""Files of messages: attaching them over a connection that breaks, and looking at them."""

import io

from PIL import Image
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.messages import seen

PASTE = """(field) => {
  const data = new DataTransfer();
  data.items.add(new File(["some words"], "notes.txt", { type: "text/plain" }));
  return field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def picture(name: str, color: str) -> FilePayload:
    target = io.BytesIO()
    Image.new("RGB", (400, 300), color).save(target, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": target.getvalue()}


def attach(page: Page, *files: FilePayload) -> None:
    page.locator("[data-file-field=any]").set_input_files(list(files))


def test_files_arrive_though_the_connection_breaks_and_can_be_looked_at(visit: Visit, room: str) -> None:
    ada, bob = visit("Ada of the files", room), visit("Bob of the files", room)
    cuts = ["PATCH"]

    def cut_once(route: Route) -> None:
        if cuts and route.request.method == cuts[0]:
            cuts.pop()
            route.abort()
        else:
            route.continue_()

    ada.route("**/api/files/**", cut_once)
    attach(ada, picture("red.png", "red"), picture("blue.png", "blue"))
    field = ada.get_by_label("Message #")
    field.evaluate(PASTE)
    field.fill("Look at these")
    field.press("Enter")

    article = seen(bob, "Look at these")
    images = article.locator("img[data-image]")
    expect(images).to_have_count(2)
    expect(article.get_by_text("notes.txt")).to_be_visible()
    assert cuts == []
    assert images.first.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") == 400

    article.locator("[data-picture]").first.click()
    lightbox = bob.get_by_role("dialog")
    expect(lightbox.get_by_text("red.png")).to_be_visible()
    bob.keyboard.press("ArrowRight")
    expect(lightbox.get_by_text("blue.png")).to_be_visible()
    bob.keyboard.press("Escape")
    expect(lightbox).to_be_hidden()


def test_an_unsent_message_with_a_file_is_still_there_after_a_reload(visit: Visit, room: str) -> None:
    ada = visit("Ada who reloads", room)
    ada.route("**/api/files/**", lambda route: route.abort())
    attach(ada, picture("red.png", "red"))
    ada.get_by_label("Message #").fill("After the reload")
    ada.get_by_label("Message #").press("Enter")
    expect(ada.get_by_text("After the reload")).to_be_visible()
    ada.unroute_all()
    ada.reload()
    expect(seen(ada, "After the reload").locator("img[data-image]")).to_have_count(1)

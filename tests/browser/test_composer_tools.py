"""The tools of the message box: formatting, undo, commands, and input that cannot be sent."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.messages import offer_few_emoji, seen

PASTE = """(field, [text, type]) => {
  const data = new DataTransfer();
  if (type) data.items.add(new File(["x"], "picture.png", { type }));
  if (text) data.setData("text/plain", "x".repeat(text));
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  return field.dispatchEvent(event);
}"""

# The browser would open the file.
DROP = """(log) => ["dragover", "drop"].map((type) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["x"], "notes.txt"));
  return log.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
})"""


def undone(page: Page, field: Locator, times: int) -> list[str]:
    """Press Ctrl+Z, and return the text after each time."""
    values = []
    for _ in range(times):
        page.keyboard.press("Control+z")
        values.append(field.input_value())
    return values


def test_every_tool_has_a_name_and_works_by_keyboard_and_mouse_on_the_selection(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    composer, bar = ada.get_by_label("Message #"), ada.get_by_role("toolbar", name="Files and formatting")
    names = ["Attach files", "Bold", "Italic", "Code", "List", "Link", "Mention someone", "Emoji"]
    for name, button in zip(names, bar.get_by_role("button").all(), strict=True):
        expect(button).to_have_accessible_name(name)
        assert (button.get_attribute("title") or "").startswith(name)
    composer.fill("good")
    for key, text in [("b", "**good**"), ("i", "_good_"), ("e", "`good`"), ("Shift+8", "- good")]:
        composer.press("Control+a")
        ada.keyboard.press(f"Control+{key}")
        expect(composer).to_have_value(text)
        assert undone(ada, composer, 1) == ["good"]
    # One stop of the Tab key, and arrow keys within.
    composer.press("Control+a")
    ada.keyboard.press("Tab")
    expect(bar.get_by_role("button", name="Attach files")).to_be_focused()
    for name in ("Bold", "Italic"):
        ada.keyboard.press("ArrowRight")
        expect(bar.get_by_role("button", name=name)).to_be_focused()
    ada.keyboard.press("Tab")
    expect(ada.get_by_role("button", name="Send")).to_be_focused()
    ada.keyboard.press("Shift+Tab")
    ada.keyboard.press("Enter")
    expect(composer).to_have_value("_good_")
    expect(composer).to_be_focused()
    composer.press("Control+a")
    bar.get_by_role("button", name="Link").click()
    expect(composer).to_have_value("[_good_](https://)")
    ada.keyboard.type("http://example.org/")
    expect(composer).to_have_value("[_good_](http://example.org/)")
    composer.press("End")
    bar.get_by_role("button", name="Mention someone").click()
    expect(composer).to_have_value("[_good_](http://example.org/)@")
    assert "good" in undone(ada, composer, 6)


def test_undo_goes_back_before_a_completion_and_a_picked_emoji(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    composer = ada.get_by_label("Message #")
    composer.press_sequentially("see you :tada")
    expect(ada.get_by_role("option")).to_have_count(1)
    ada.keyboard.press("Enter")
    expect(composer).to_have_value("see you 🎉 ")
    composer.press_sequentially("at nine")
    values = undone(ada, composer, 6)
    assert "see you :tada" in values
    assert values[-1] == ""
    # What was replaced at once is not replaced again.
    composer.press_sequentially("so :tada:")
    expect(composer).to_have_value("so 🎉")
    assert undone(ada, composer, 1) == ["so :tada:"]
    offer_few_emoji(ada)
    composer.fill("ab")
    ada.get_by_role("button", name="Emoji", exact=True).click()
    search = ada.get_by_role("searchbox", name="Search emoji")
    search.fill("grinning")
    expect(ada.locator("[data-picker-note]")).to_have_text(re.compile(r"\d emoji found"))
    ada.keyboard.press("Tab")
    expect(ada.get_by_role("gridcell").first).to_be_focused()
    ada.keyboard.press("Tab")
    expect(search).to_be_focused()
    ada.keyboard.press("Enter")
    expect(composer).to_have_value("ab😀")
    assert undone(ada, composer, 1) == ["ab"]


def test_tools_of_a_phone_are_shown_on_request(visit: Visit, room: str) -> None:
    ada = visit("Ada", room, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    composer, bar = ada.get_by_label("Message #"), ada.get_by_role("toolbar")
    expect(composer).to_be_in_viewport()
    box = composer.bounding_box()
    assert box
    assert box["width"] > 200
    expect(bar).not_to_be_visible()
    toggle = ada.get_by_role("button", name="Files and formatting")
    toggle.tap()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(bar.get_by_role("button", name="Emoji")).to_be_in_viewport(ratio=1)
    composer.fill("milk")
    bar.get_by_role("button", name="List").tap()
    expect(composer).to_have_value("- milk")
    toggle.tap()
    expect(bar).not_to_be_visible()
    assert composer.bounding_box() == {**box, "y": composer.bounding_box()["y"]}  # type: ignore[index]


def test_commands_are_carried_out_and_unknown_ones_and_input_that_cannot_be_sent_are_explained(
    visit: Visit, room: str
) -> None:
    ada = visit("Ada", room)
    composer, note = ada.get_by_label("Message #"), ada.locator("[data-note-text]")
    composer.fill("/wave")
    composer.press("Enter")
    expect(note).to_contain_text("There’s no command /wave.")
    expect(composer).to_have_value("/wave")
    composer.fill("/me waves")
    expect(note).to_be_empty()
    composer.press("Enter")
    expect(seen(ada, "waves").locator("em")).to_have_text("waves")
    composer.fill("//wave")
    composer.press("Enter")
    expect(seen(ada, "/wave").locator("[data-body]")).to_have_text("/wave")

    # Input that cannot be sent.
    composer.fill("\u200b \u2060")
    expect(note).to_have_text("This message has only invisible characters.")
    expect(ada.get_by_role("button", name="Send")).to_be_disabled()
    composer.fill("  ")
    expect(note).to_be_empty()
    composer.fill("keep")
    assert composer.evaluate(PASTE, [1_000_000, None]) is False
    expect(note).to_contain_text("1,000,004 characters. A message can have at most 8,000.")
    # A table of a spreadsheet comes as text and as a picture.
    assert composer.evaluate(PASTE, [5, "image/png"]) is True
    expect(composer).to_have_value("keep")
    # Right-to-left text and heaps of marks stay in their box.
    composer.fill("שלום " + "e" + "\u0301" * 200)
    assert composer.evaluate("field => getComputedStyle(field).direction") == "rtl"
    box = composer.bounding_box()
    assert box
    assert box["height"] < 100

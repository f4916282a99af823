"""The composer: a message is sent once, and unsent text is kept."""

import re

from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit, write
from tests.browser.reading import slug_of
from tests.site import Site


def test_message_is_sent_once_by_enter_and_by_a_click_but_not_while_an_input_method_composes(
    visit: Visit, room: str
) -> None:
    ada = visit("Ada", room)
    composer, articles = ada.get_by_label("Message #"), ada.get_by_role("article")
    composer.press_sequentially("one")
    composer.press("Shift+Enter")
    composer.press_sequentially("two")
    expect(composer).to_have_value("one\ntwo")
    composer.press("Enter")
    expect(articles.locator("br")).to_have_count(1)
    expect(composer).to_have_value("")
    # A message is dimmed until it is stored.
    expect(articles).to_have_attribute("data-seq", "1")
    expect(ada.locator("article[data-state]")).to_have_count(0)
    composer.fill("once")
    ada.get_by_role("button", name="Send").dblclick(force=True)
    expect(articles.nth(1)).to_have_attribute("data-seq", "2")
    composer.fill("に")
    composer.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    expect(composer).to_have_value("に")
    composer.press("Enter")
    expect(articles.nth(2)).to_have_attribute("data-seq", "3")
    expect(articles.locator("[data-body]")).to_have_text([re.compile("one"), "once", "に"])
    # Consecutive messages are a group under the day.
    expect(articles.nth(1)).to_have_attribute("data-continued", "")
    expect(ada.get_by_role("separator")).to_have_text("Today")


def test_enter_breaks_the_line_where_people_write_by_touch(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", room, has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740})
    composer = ada.get_by_label("Message #")
    composer.press_sequentially("one")
    composer.press("Enter")
    expect(composer).to_have_value("one\n")
    composer.press("Control+Enter")
    expect(ada.get_by_role("article")).to_have_text(re.compile("one"))
    expect(ada.get_by_role("article")).to_have_attribute("data-seq", "1")
    # A dot on a phone shows unread messages in other rooms.
    ada.goto("/rooms/lobby/")
    expect(ada.locator("[data-elsewhere]")).not_to_be_visible()
    site.post_many(site.port, slug_of(room), ["Hello"])
    expect(ada.locator("[data-elsewhere]")).to_be_visible()


def test_draft_is_kept_until_it_is_sent_and_cannot_be_sent_while_it_is_too_long(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    ada.get_by_label("Message #").fill("Not yet")
    ada.reload()
    expect(ada.get_by_label("Message #")).to_have_value("Not yet")
    ada.get_by_role("button", name="Send").click()
    ada.reload()
    expect(ada.get_by_label("Message #")).to_have_value("")
    ada.get_by_label("Message #").fill("x" * 9000)
    expect(ada.get_by_text("1,000 characters too many")).to_be_visible()
    expect(ada.get_by_text("A message can have at most 8,000 characters.")).to_be_visible()
    expect(ada.get_by_role("button", name="Send")).to_be_disabled()
    ada.get_by_label("Message #").fill("x" * 8000)
    expect(ada.get_by_role("button", name="Send")).to_be_enabled()
    expect(ada.get_by_text("0 characters left")).to_be_visible()


def test_text_typed_while_the_page_loads_comes_after_the_draft(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    ada.get_by_label("Message #").fill("A draft")
    held: list[Route] = []
    scripts = re.compile(r"/js/(?!begin)")
    ada.route(scripts, lambda route: held.append(route))
    ada.reload(wait_until="commit")
    ada.get_by_label("Message #").press_sequentially("typed early")
    for route in held:
        route.continue_()
    ada.unroute(scripts)
    expect(ada.get_by_role("button", name="Send")).to_be_enabled()
    expect(ada.get_by_label("Message #")).to_have_value("A draft\ntyped early")
    ada.reload()
    expect(ada.get_by_label("Message #")).to_have_value("A draft\ntyped early")


def test_unsent_messages_survive_a_reload_in_order(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", "about:blank")
    # Only the socket: the page itself can be loaded.
    ada.route_web_socket("**/ws/**", lambda socket: socket.close(code=1012))
    ada.goto(room)
    for text in ("one", "two", "three"):
        write(ada, text)
    ada.reload()
    expect(ada.locator("article[data-state=waiting] [data-body]")).to_have_text(["one", "two", "three"])
    other = ada.context.new_page()
    other.goto(room)
    expect(other.locator("article:not([data-state]) [data-body]")).to_have_text(["one", "two", "three"])
    assert [body for *_, body in site.stored(slug_of(room))] == ["one", "two", "three"]

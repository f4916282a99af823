"""Keyboard shortcuts, which have no effect while a person types."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.reading import fill, slug_of
from tests.site import Site


def leave_composer(page: Page) -> None:
    page.get_by_role("region", name="Conversation").focus()


def test_question_mark_lists_the_shortcuts_except_in_a_text_field_and_the_switcher_stays_open_until_it_is_used(
    visit: Visit, room: str
) -> None:
    ada = visit("Ada", room)
    shortcuts = ada.get_by_role("dialog", name="Keyboard shortcuts")
    leave_composer(ada)
    ada.keyboard.press("?")
    expect(shortcuts).to_be_visible()
    ada.keyboard.press("Escape")
    expect(shortcuts).not_to_be_visible()
    expect(ada.get_by_role("region", name="Conversation")).to_be_focused()
    # The focus returns to the button of the menu that a dialog came from.
    ada.get_by_role("button", name="Your account").click()
    ada.get_by_role("button", name="Keyboard shortcuts").click()
    expect(shortcuts).to_be_visible()
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("button", name="Your account")).to_be_focused()
    # Shortcut keys are text in a text field.
    composer = ada.get_by_label("Message #")
    composer.focus()
    ada.keyboard.type("/?")
    expect(composer).to_have_value("/?")
    expect(ada.get_by_role("dialog")).to_have_count(0)
    composer.fill("abc")
    ada.keyboard.press("Home")
    ada.keyboard.press("End")
    ada.keyboard.type("d")
    expect(composer).to_have_value("abcd")
    composer.fill("")
    # Another room.
    query, options = ada.get_by_role("combobox", name="Room"), ada.get_by_role("option")
    ada.route("**/api/rooms/", lambda route: route.abort())
    ada.keyboard.press("Control+k")
    expect(ada.get_by_text("Couldn’t load rooms.")).to_be_visible()
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("dialog")).to_have_count(0)
    ada.unroute("**/api/rooms/")
    ada.keyboard.press("Control+k")
    expect(options.first).to_have_attribute("aria-selected", "true")
    # The arrow keys wrap around, and the field names the selected room.
    ada.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(query).to_have_attribute("aria-activedescendant", str(options.last.get_attribute("id")))
    ada.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    query.fill("zzzzzz")
    expect(ada.get_by_text("Nothing found")).to_be_visible()
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("dialog")).to_be_visible()
    ada.mouse.click(5, 5)
    expect(ada.get_by_role("dialog")).to_have_count(0)


def test_end_key_scrolls_to_the_newest_message_and_slash_searches_the_room(visit: Visit, room: str, site: Site) -> None:
    fill(site, room, 40)
    ada = visit("Ada", room)
    expect(ada.get_by_text("Number 40")).to_be_in_viewport()
    ada.locator("[data-scroll]").evaluate("box => box.scrollTo(0, 0)")
    expect(ada.get_by_text("Number 40")).not_to_be_in_viewport()
    ada.get_by_role("button", name="Notifications").focus()
    ada.keyboard.press("End")
    expect(ada.get_by_text("Number 40")).to_be_in_viewport()
    leave_composer(ada)
    ada.keyboard.press("/")
    words = ada.get_by_role("searchbox")
    expect(words).to_be_focused()
    expect(words).to_have_value("")
    words.fill("lost keys")
    with ada.expect_navigation(url=re.compile(r"/search/")):
        ada.keyboard.press("Enter")
    assert ada.url.endswith(f"/search/?q=lost+keys&room={slug_of(room)}")


def test_search_is_a_link_where_there_is_no_room(visit: Visit) -> None:
    ada = visit("Ada", "/")
    search = ada.get_by_role("link", name="Search")
    expect(search).to_have_attribute("href", "/search/")
    search.click()
    expect(ada.get_by_role("searchbox", name="Search messages")).to_be_focused()
    expect(ada.get_by_role("dialog", name="Search messages").get_by_role("radio")).to_have_count(0)


# ---- Another room


def test_switcher_finds_a_room_by_a_few_letters_and_then_offers_the_previous_room_first(
    visit: Visit, room: str
) -> None:
    ada = visit("Ada", room)
    ada.keyboard.press("Control+k")
    query = ada.get_by_role("combobox", name="Room")
    expect(query).to_be_focused()
    query.fill("obby")
    expect(ada.get_by_role("option")).to_have_count(1)
    ada.keyboard.press("Enter")
    ada.wait_for_url("**/rooms/lobby/")
    ada.keyboard.press("Control+k")
    ada.get_by_role("option", name=re.compile("Room")).first.wait_for()
    ada.keyboard.press("Enter")
    ada.wait_for_url(f"**{room}")

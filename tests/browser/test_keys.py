"""Keyboard shortcuts, which have no effect while a person types."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.site import Site


@pytest.fixture
def ada(visit: Visit, room: str) -> Page:
    return visit("Ada", room)


def leave_composer(page: Page) -> None:
    page.get_by_role("region", name="Conversation").focus()


def test_question_mark_lists_the_shortcuts_and_escape_closes_the_list(ada: Page) -> None:
    leave_composer(ada)
    ada.keyboard.press("?")
    expect(ada.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("dialog", name="Keyboard shortcuts")).not_to_be_visible()
    expect(ada.get_by_role("region", name="Conversation")).to_be_focused()


def test_shortcut_keys_are_text_in_a_text_field(ada: Page) -> None:
    composer = ada.get_by_label("Message #")
    composer.focus()
    ada.keyboard.type("/?")
    expect(composer).to_have_value("/?")
    expect(ada.get_by_role("dialog")).to_have_count(0)


def test_end_key_scrolls_to_the_newest_message(ada: Page, room: str, site: Site) -> None:
    site.post_many(site.port, room.split("/")[2], [f"Number {number}" for number in range(1, 41)])
    expect(ada.get_by_text("Number 40")).to_be_in_viewport()
    ada.locator("[data-scroll]").evaluate("box => box.scrollTo(0, 0)")
    expect(ada.get_by_text("Number 40")).not_to_be_in_viewport()
    ada.get_by_role("button", name="Notifications").focus()
    ada.keyboard.press("End")
    expect(ada.get_by_text("Number 40")).to_be_in_viewport()


def test_end_key_moves_the_caret_in_a_text_field(ada: Page) -> None:
    composer = ada.get_by_label("Message #")
    composer.fill("abc")
    ada.keyboard.press("Home")
    ada.keyboard.press("End")
    ada.keyboard.type("d")
    expect(composer).to_have_value("abcd")


# ---- Search


def test_slash_searches_the_room(ada: Page, room: str) -> None:
    leave_composer(ada)
    ada.keyboard.press("/")
    words = ada.get_by_role("searchbox")
    expect(words).to_be_focused()
    expect(words).to_have_value("")
    words.fill("lost keys")
    with ada.expect_navigation(url=re.compile(r"/search/")):
        ada.keyboard.press("Enter")
    assert ada.url.endswith(f"/search/?q=lost+keys&room={room.split('/')[2]}")


def test_search_is_a_link_where_there_is_no_room(visit: Visit) -> None:
    ada = visit("Ada", "/")
    search = ada.get_by_role("link", name="Search")
    expect(search).to_have_attribute("href", "/search/")
    search.click()
    expect(ada.get_by_role("searchbox", name="Search messages")).to_be_focused()
    expect(ada.get_by_role("dialog", name="Search messages").get_by_role("radio")).to_have_count(0)


# ---- Another room


def test_switcher_finds_a_room_by_a_few_letters(ada: Page) -> None:
    ada.keyboard.press("Control+k")
    query = ada.get_by_role("combobox", name="Room")
    expect(query).to_be_focused()
    query.fill("obby")
    expect(ada.get_by_role("option")).to_have_count(1)
    ada.keyboard.press("Enter")
    ada.wait_for_url("**/rooms/lobby/")


def test_switcher_offers_the_previous_room_first(ada: Page, room: str) -> None:
    ada.goto("/rooms/lobby/")
    ada.keyboard.press("Control+k")
    ada.get_by_role("option", name=re.compile("Room")).first.wait_for()
    ada.keyboard.press("Enter")
    ada.wait_for_url(f"**{room}")


def test_arrow_keys_wrap_around_and_the_field_names_the_selected_room(ada: Page) -> None:
    ada.keyboard.press("Control+k")
    query = ada.get_by_role("combobox", name="Room")
    options = ada.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    ada.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(query).to_have_attribute("aria-activedescendant", str(options.last.get_attribute("id")))
    ada.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")


def test_switcher_says_when_there_is_no_such_room(ada: Page) -> None:
    ada.keyboard.press("Control+k")
    ada.get_by_role("combobox", name="Room").fill("zzzzzz")
    expect(ada.get_by_text("No rooms found")).to_be_visible()
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("dialog")).to_be_visible()


def test_switcher_says_when_the_rooms_cannot_be_loaded(ada: Page) -> None:
    ada.route("**/api/rooms/", lambda route: route.abort())
    ada.keyboard.press("Control+k")
    expect(ada.get_by_text("Couldn’t load rooms.")).to_be_visible()


def test_focus_returns_to_the_button_of_the_menu_that_a_dialog_came_from(ada: Page) -> None:
    ada.get_by_role("button", name="Your account").click()
    ada.get_by_role("button", name="Keyboard shortcuts").click()
    expect(ada.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    ada.keyboard.press("Escape")
    expect(ada.get_by_role("button", name="Your account")).to_be_focused()


def test_click_beside_a_dialog_closes_it(ada: Page) -> None:
    ada.keyboard.press("Control+k")
    expect(ada.get_by_role("dialog")).to_be_visible()
    ada.mouse.click(5, 5)
    expect(ada.get_by_role("dialog")).to_have_count(0)

"""Unread counts, as seen from every page."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Visit, create_room, send_form
from tests.browser.reading import post_as_last_joined, slug_of
from tests.browser.visibility import give_level, hide, show
from tests.site import Site

ICON = "document.querySelector('[data-favicon]').href"


def name_of(page: Page) -> str:
    """Return the name of the person on this page."""
    return str(page.evaluate("JSON.parse(document.getElementById('page-data').textContent).you.name"))


@pytest.fixture
def ada(used_page: Callable[..., Page], room: str, site: Site) -> Page:
    """Ada's empty page. She is a member of the room, where she has posted. Her name is one word."""
    page = used_page()
    send_form(page.context, "/join/", name=f"Ada{uuid.uuid4().hex[:12]}")
    post_as_last_joined(site, room, "I was here")
    return page


def test_the_title_and_the_icon_count_messages_while_the_page_is_hidden(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", room)
    title, icon = ada.title(), ada.evaluate(ICON)
    hide(ada)
    site.post_many(site.port, slug_of(room), ["One", "Two"])
    expect(ada).to_have_title(f"(2) {title}")
    assert ada.evaluate(ICON) != icon
    lobby = {"slug": "lobby", "name": "Entrance", "archived": True}
    ada.route("**/api/rooms/?mine=*", lambda route: route.fulfill(json={"rooms": [lobby], "next": None}))
    show(ada)
    expect(ada).to_have_title(title)
    # Others have renamed and archived a room meanwhile.
    expect(ada.locator("[data-section=archived] [data-slug=lobby]")).to_contain_text("Entrance")
    assert ada.evaluate(ICON) == icon


def test_reading_in_one_window_clears_the_count_in_all(
    ada: Page, room: str, site: Site, used_page: Callable[..., Page]
) -> None:
    ada.goto(room)
    title = ada.title()
    elsewhere = used_page()
    elsewhere.context.add_cookies(ada.context.cookies())  # type: ignore[arg-type]
    pages = [ada, ada.context.new_page(), elsewhere]
    for page in pages:
        page.goto(room)
        expect(page.locator("[data-people] li")).not_to_have_count(0)
        hide(page)
    site.post_many(site.port, slug_of(room), ["One", "Two"])
    for page in pages:
        expect(page).to_have_title(f"(2) {title}")
    show(elsewhere)
    for page in pages:
        expect(page).to_have_title(title)


def test_messages_and_mentions_in_another_room_are_counted_at_the_side_and_in_the_title(
    ada: Page, room: str, site: Site
) -> None:
    ada.goto("/rooms/lobby/")
    site.post_many(site.port, slug_of(room), ["Good morning"])
    badge = ada.locator(f"a[href='{room}'] .badge")
    expect(badge).to_be_visible()
    expect(badge).to_have_text("1 unread")
    expect(badge).not_to_have_attribute("data-mentioned", "")
    unread_icon = ada.evaluate(ICON)
    site.post_many(site.port, slug_of(room), [f"Where are you, @{name_of(ada)}?"])
    expect(badge).to_have_text("2 unread, 1 mention")
    expect(badge).to_have_attribute("data-mentioned", "")
    assert ada.evaluate(ICON) != unread_icon
    expect(ada).to_have_title(re.compile(r"^\(2\) Lobby"))


def test_title_counts_only_mentions_in_a_room_set_to_mentions_and_nothing_in_a_muted_room(
    ada: Page, room: str, site: Site, owner_of_rooms: BrowserContext
) -> None:
    muted = create_room(owner_of_rooms)
    post_as_last_joined(site, muted, "I was here")
    give_level(ada, room, "mentions")
    give_level(ada, muted, "nothing")
    ada.goto("/rooms/lobby/")
    site.post_many(site.port, slug_of(muted), ["One"])
    link = ada.locator(f"a[href='{muted}']")
    expect(link.locator("[data-count]")).to_have_text("1")
    ada.locator("[data-rooms]").get_by_text("Muted", exact=True).click()
    expect(link).to_be_visible()
    expect(link.locator(".badge")).not_to_be_visible()
    expect(link).to_have_accessible_name(re.compile("notifications off"))
    site.post_many(site.port, slug_of(room), ["Good morning"])
    expect(ada.locator(f"a[href='{room}'] .badge")).to_have_text("1 unread")
    expect(ada).to_have_title(re.compile("^Lobby"))
    site.post_many(site.port, slug_of(room), [f"Where are you, @{name_of(ada)}?"])
    expect(ada).to_have_title(re.compile(r"^\(1\) Lobby"))


def test_room_that_appears_later_shows_up_at_the_side(visit: Visit, site: Site) -> None:
    ada = visit("Ada")
    path = send_form(ada.context, "/rooms/", name=f"Later {name_of(ada)}", visibility="public")
    site.post_many(site.port, slug_of(path), ["Anybody here?"])
    link = ada.locator(f"a[href='{path}']")
    expect(link).to_have_accessible_name(re.compile(f"Later {name_of(ada)} 1 unread"))
    expect(ada).to_have_title(re.compile(r"^\(1\)"))

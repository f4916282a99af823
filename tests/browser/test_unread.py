"""Unread counts, as seen from every page."""

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.visibility import give_level, hide, show
from tests.site import Site

ICON = "document.querySelector('[data-favicon]').href"


def slug_of(room: str) -> str:
    return room.split("/")[2]


def name_of(page: Page) -> str:
    """Return the name of the person on this page."""
    return str(page.evaluate("JSON.parse(document.getElementById('page-data').textContent).you.name"))


@pytest.fixture
def ada(used_page: Callable[..., Page], room: str) -> Page:
    """Ada's page in the lobby. She is a member of the room, where she has posted. Her name is one word."""
    page = used_page()
    page.goto(f"/?next={room}")
    page.get_by_label("Your name").fill(f"Ada{uuid.uuid4().hex[:12]}")
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(f"**{room}")
    write(page, "I was here")
    expect(page.get_by_role("article")).to_have_attribute("data-seq", "1")
    page.goto("/rooms/lobby/")
    return page


def test_the_title_and_the_icon_count_messages_while_the_page_is_hidden(visit: Visit, room: str, site: Site) -> None:
    ada = visit("Ada", room)
    title, icon = ada.title(), ada.evaluate(ICON)
    hide(ada)
    site.post_many(site.port, slug_of(room), ["One", "Two"])
    expect(ada).to_have_title(f"(2) {title}")
    assert ada.evaluate(ICON) != icon
    show(ada)
    expect(ada).to_have_title(title)
    assert ada.evaluate(ICON) == icon


def test_title_counts_other_rooms(ada: Page, room: str, site: Site) -> None:
    site.post_many(site.port, slug_of(room), ["One", "Two"])
    expect(ada).to_have_title(re.compile(r"^\(2\) Lobby"))


def test_mention_is_marked_at_the_side_and_on_the_icon(visit: Visit, ada: Page, room: str) -> None:
    bob = visit("Bob", room)
    write(bob, "Good morning")
    badge = ada.locator(f"a[href='{room}'] .badge")
    expect(badge).to_have_text("1 unread")
    expect(badge).not_to_have_attribute("data-mentioned", "")
    unread_icon = ada.evaluate(ICON)
    write(bob, f"Where are you, @{name_of(ada)}?")
    expect(badge).to_have_text("2 unread, 1 mention")
    expect(badge).to_have_attribute("data-mentioned", "")
    assert ada.evaluate(ICON) != unread_icon


def test_title_counts_only_mentions_in_a_room_set_to_mentions(visit: Visit, ada: Page, room: str) -> None:
    give_level(ada, room, "mentions")
    ada.reload()
    bob = visit("Bob", room)
    write(bob, "Good morning")
    expect(ada.locator(f"a[href='{room}'] .badge")).to_have_text("1 unread")
    expect(ada).to_have_title(re.compile("^Lobby"))
    write(bob, f"Where are you, @{name_of(ada)}?")
    expect(ada).to_have_title(re.compile(r"^\(1\) Lobby"))


def test_muted_room_is_quiet(ada: Page, room: str, site: Site) -> None:
    give_level(ada, room, "nothing")
    ada.reload()
    site.post_many(site.port, slug_of(room), ["One"])
    link = ada.locator(f"a[href='{room}']")
    expect(link.locator("[data-count]")).to_have_text("1")
    expect(link.locator(".badge")).not_to_be_visible()
    expect(link).to_have_accessible_name(re.compile("notifications off"))
    expect(ada).to_have_title(re.compile("^Lobby"))


def test_room_that_appears_later_shows_up_at_the_side(visit: Visit, site: Site) -> None:
    ada = visit("Ada")
    other_tab = ada.context.new_page()
    other_tab.goto("/")
    other_tab.get_by_text("New room").click()
    other_tab.get_by_label("Name", exact=True).fill(f"Later {name_of(ada)}")
    other_tab.get_by_role("button", name="Create room").click()
    other_tab.wait_for_url(re.compile(r"/rooms/later[^/]+/$"))
    path = "/" + other_tab.url.split("/", 3)[3]
    other_tab.close()
    site.post_many(site.port, slug_of(path), ["Anybody here?"])
    link = ada.locator(f"a[href='{path}']")
    expect(link).to_have_accessible_name(re.compile(f"Later {name_of(ada)} 1 unread"))
    expect(ada).to_have_title(re.compile(r"^\(1\)"))

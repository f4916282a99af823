"""System notifications, and the cases without one."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import join_as_guest, write
from tests.browser.reading import slug_of
from tests.browser.visibility import (
    hide,
    notifications_of,
    record_notifications,
    show,
    switch_on,
    take_levels,
)
from tests.site import Site, wait_until

# Resolves when this tab has shown all its notifications so far.
ALL_NOTIFIED = "navigator.locks.request('chat.notifier', () => true)"


# Counts the tones of the page in `window.tones`.
TONES = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
"""


@pytest.fixture
def ada(used_page: Callable[..., Page], room: str) -> Page:
    """Ada's page in a room where she has posted, with readable notifications and tones."""
    page = used_page()
    record_notifications(page)
    page.add_init_script(TONES)
    join_as_guest(page, "Ada", room)
    write(page, "I was here")
    expect(page.get_by_role("article")).to_have_attribute("data-seq", "1")
    return page


def wait_for_notifications(page: Page, count: int) -> None:
    wait_until(lambda: page.evaluate("window.notified.length") == count, f"notification {count}")


def is_alert(frame: str | bytes) -> bool:
    return '"type":"alert"' in str(frame)


def test_hidden_page_notifies_about_others_once_the_person_has_turned_it_on(ada: Page, site: Site, room: str) -> None:
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Hello"])
    expect(ada).to_have_title(re.compile(r"^\(1\)"))
    assert ada.evaluate(ALL_NOTIFIED)
    assert notifications_of(ada) == []
    assert ada.evaluate("Notification.permission") == "default"
    show(ada)
    switch_on(ada, "Show notifications")
    site.post_many(site.port, slug_of(room), ["You are looking"])
    expect(ada.get_by_text("You are looking", exact=True)).to_be_visible()
    assert ada.evaluate(ALL_NOTIFIED)
    assert notifications_of(ada) == []
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Where is *everybody*?"])
    wait_for_notifications(ada, 1)
    [notification] = notifications_of(ada)
    assert re.match(r"Writer \w+ in Room \w+$", notification["title"])
    assert notification["body"] == "Where is *everybody*?"
    assert notification["tag"] == f"chat.{slug_of(room)}"


def test_sound_is_off_until_it_is_turned_on(ada: Page, site: Site, room: str) -> None:
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Hello"])
    expect(ada).to_have_title(re.compile(r"^\(1\)"))
    assert ada.evaluate(ALL_NOTIFIED)
    assert ada.evaluate("window.tones") == 0
    switch_on(ada, "Play a sound")
    tried = ada.evaluate("window.tones")
    assert tried > 0
    site.post_many(site.port, slug_of(room), ["Hello again"])
    wait_until(lambda: ada.evaluate("window.tones") > tried, "a tone")


def test_notification_about_another_room_quotes_its_message_and_opens_it(ada: Page, site: Site, room: str) -> None:
    switch_on(ada, "Show notifications")
    ada.goto("/rooms/lobby/")
    [seq] = site.post_many(site.port, slug_of(room), ["Dinner is ready"])
    wait_for_notifications(ada, 1)
    assert notifications_of(ada)[0]["body"] == "Dinner is ready"
    ada.evaluate("window.latest.onclick()")
    ada.wait_for_url(f"**{room}#{seq}")
    expect(ada.get_by_text("Dinner is ready")).to_be_in_viewport()


def test_one_of_several_tabs_notifies_and_none_while_one_shows_the_room(ada: Page, site: Site, room: str) -> None:
    """She reads back there, so that what comes stays unread."""
    slug, count = slug_of(room), f"a[href='{room}'] [data-count]"
    switch_on(ada, "Show notifications")
    site.post_many(site.port, slug, ["\n".join(["tall"] * 30)] * 3)
    expect(ada.get_by_role("article")).to_have_count(4)
    lobby = ada.context.new_page()
    record_notifications(lobby)
    with lobby.expect_websocket() as opened:
        lobby.goto("/rooms/lobby/")
    expect(lobby.locator(count)).to_have_text("0")
    ada.locator("[data-scroll]").evaluate("box => box.scrollTo(0, 0)")
    expect(ada.get_by_role("button", name="Jump to latest")).to_be_visible()
    with opened.value.expect_event("framereceived", is_alert):
        site.post_many(site.port, slug, ["Hello"])
    assert lobby.evaluate(ALL_NOTIFIED)
    assert notifications_of(lobby) == notifications_of(ada) == []
    hide(ada)
    with opened.value.expect_event("framereceived", is_alert):
        site.post_many(site.port, slug, ["Hello"])
    assert lobby.evaluate(ALL_NOTIFIED)
    wait_for_notifications(ada, 1)
    assert notifications_of(lobby) == []
    site.post_many(site.port, slug, ["Hello again"])
    wait_for_notifications(ada, 2)


def test_level_is_kept_by_the_server_and_holds_at_once(ada: Page, site: Site, room: str) -> None:
    ada.route(re.compile(r"/notifications/$"), lambda route: route.fulfill(status=503, json={}))
    ada.get_by_role("button", name="Notifications").click()
    ada.get_by_label("Nothing").click()
    expect(ada.get_by_text("Couldn’t save.")).to_be_visible()
    expect(ada.get_by_label("All messages")).to_be_checked()
    ada.keyboard.press("Escape")
    ada.unroute_all()
    taken = take_levels(ada)
    switch_on(ada, "Show notifications", "Nothing")
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Hello"])
    expect(ada.get_by_text("Hello", exact=True)).to_be_attached()
    assert ada.evaluate(ALL_NOTIFIED)
    assert (taken, notifications_of(ada)) == (["nothing"], [])
    expect(ada).to_have_title(re.compile("^Room"))
    switch_on(ada, "Mentions only")
    name = ada.locator(".me-name").first.inner_text()
    site.post_many(site.port, slug_of(room), ["Good morning", f"@{name}, are you there?"])
    wait_for_notifications(ada, 1)
    assert notifications_of(ada)[0]["body"].endswith("are you there?")
    ada.unroute_all()
    with ada.expect_response(re.compile(r"/notifications/$")):
        switch_on(ada, "Nothing")
    ada.goto("/rooms/lobby/")
    site.post_many(site.port, slug_of(room), ["Dinner is ready"])
    expect(ada.locator(f"a[href='{room}'] [data-count]")).to_have_text("4")
    assert ada.evaluate(ALL_NOTIFIED)
    assert notifications_of(ada) == []


def test_browser_without_notifications_for_pages_is_left_alone_from_then_on(ada: Page, site: Site, room: str) -> None:
    switch_on(ada, "Show notifications")
    ada.evaluate(
        "window.Notification = class { static permission = 'granted'; constructor() { throw TypeError(); } }; true"
    )
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Hello"])
    is_off = "JSON.parse(localStorage.getItem('chat.alerts')).desktop === false"
    wait_until(lambda: ada.evaluate(is_off), "the option to be off")

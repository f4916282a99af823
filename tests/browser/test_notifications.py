"""System notifications, and the cases without one."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, write
from tests.browser.visibility import give_level, hide, notifications_of, record_notifications, switch_on, take_levels
from tests.site import Site, wait_until

# Resolves when this tab has shown all its notifications so far.
ALL_NOTIFIED = "navigator.locks.request('chat.notifier', () => true)"


@pytest.fixture
def ada(visit: Visit, room: str) -> Page:
    """Ada's page in a room where she has posted, with readable notifications."""
    page = visit("Ada", "/")
    record_notifications(page)
    page.goto(room)
    write(page, "I was here")
    expect(page.get_by_role("article")).to_have_attribute("data-seq", "1")
    return page


def slug_of(room: str) -> str:
    return room.split("/")[2]


def wait_for_notifications(page: Page, count: int) -> None:
    wait_until(lambda: page.evaluate("window.notified.length") == count, f"notification {count}")


def test_the_permission_for_notifications_is_asked_for_only_on_demand(ada: Page, room: str, site: Site) -> None:
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Hello"])
    expect(ada).to_have_title(re.compile(r"^\(1\)"))
    assert notifications_of(ada) == []
    assert ada.evaluate("Notification.permission") == "default"


def test_messages_of_others_are_notified_while_the_page_is_hidden(ada: Page, visit: Visit, room: str) -> None:
    switch_on(ada, "Show notifications")
    hide(ada)
    write(visit("Bob", room), "Where is *everybody*?")
    wait_for_notifications(ada, 1)
    [notification] = notifications_of(ada)
    assert re.match(r"Bob \w+ in Room \w+$", notification["title"])
    assert notification["body"] == "Where is *everybody*?"
    assert notification["tag"] == f"chat.{slug_of(room)}"


def test_a_person_looking_at_the_room_gets_no_notification(ada: Page, site: Site, room: str) -> None:
    switch_on(ada, "Show notifications")
    site.post_many(site.port, slug_of(room), ["Hello"])
    expect(ada.get_by_text("Hello", exact=True)).to_be_visible()
    assert ada.evaluate(ALL_NOTIFIED)
    assert notifications_of(ada) == []


def test_notification_about_another_room_quotes_the_message(ada: Page, site: Site, room: str) -> None:
    switch_on(ada, "Show notifications")
    ada.goto("/rooms/lobby/")
    site.post_many(site.port, slug_of(room), ["Dinner is ready"])
    wait_for_notifications(ada, 1)
    assert notifications_of(ada)[0]["body"] == "Dinner is ready"


def test_click_on_a_notification_opens_the_message(ada: Page, site: Site, room: str) -> None:
    switch_on(ada, "Show notifications")
    ada.goto("/rooms/lobby/")
    [seq] = site.post_many(site.port, slug_of(room), ["Dinner is ready"])
    wait_for_notifications(ada, 1)
    ada.evaluate("window.latest.onclick()")
    ada.wait_for_url(f"**{room}#{seq}")
    expect(ada.get_by_text("Dinner is ready")).to_be_in_viewport()


def test_only_one_of_several_tabs_notifies(ada: Page, site: Site, room: str) -> None:
    switch_on(ada, "Show notifications")
    lobby = ada.context.new_page()
    record_notifications(lobby)
    lobby.goto("/rooms/lobby/")
    hide(ada)
    with lobby.expect_response(re.compile(rf"/api/rooms/{slug_of(room)}/messages/")) as asked:
        site.post_many(site.port, slug_of(room), ["Hello"])
    asked.value.finished()
    assert lobby.evaluate(ALL_NOTIFIED)
    wait_for_notifications(ada, 1)
    assert notifications_of(lobby) == []
    site.post_many(site.port, slug_of(room), ["Hello again"])
    wait_for_notifications(ada, 2)


def test_no_tab_notifies_about_a_room_that_another_tab_shows(ada: Page, site: Site, room: str) -> None:
    """She reads back there, so that what comes stays unread."""
    switch_on(ada, "Show notifications")
    site.post_many(site.port, slug_of(room), [f"Number {number}" for number in range(2, 41)])
    expect(ada.get_by_role("article")).to_have_count(40)
    lobby = ada.context.new_page()
    record_notifications(lobby)
    lobby.goto("/rooms/lobby/")
    expect(lobby.locator(f"a[href='{room}'] [data-count]")).to_have_text("0")
    ada.locator("[data-scroll]").evaluate("box => box.scrollTo(0, 0)")
    expect(ada.get_by_role("button", name="Jump to latest")).to_be_visible()
    with lobby.expect_response(re.compile(rf"/api/rooms/{slug_of(room)}/messages/")) as asked:
        site.post_many(site.port, slug_of(room), ["Hello"])
    asked.value.finished()
    assert lobby.evaluate(ALL_NOTIFIED)
    assert notifications_of(lobby) == notifications_of(ada) == []


def test_level_is_kept_by_the_server_and_holds_at_once(ada: Page, site: Site, room: str) -> None:
    taken = take_levels(ada)
    switch_on(ada, "Show notifications", "Nothing")
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Hello"])
    expect(ada.get_by_text("Hello", exact=True)).to_be_attached()
    assert ada.evaluate(ALL_NOTIFIED)
    assert (taken, notifications_of(ada)) == (["nothing"], [])
    expect(ada).to_have_title(re.compile("^Room"))


def test_level_that_the_server_refuses_is_reverted(ada: Page) -> None:
    ada.route(re.compile(r"/notifications/$"), lambda route: route.fulfill(status=503, json={}))
    ada.get_by_role("button", name="Notifications").click()
    ada.get_by_label("Nothing").click()
    expect(ada.get_by_text("Couldn’t save.")).to_be_visible()
    expect(ada.get_by_label("All messages")).to_be_checked()


def test_room_set_to_mentions_notifies_only_about_mentions(ada: Page, visit: Visit, room: str) -> None:
    switch_on(ada, "Show notifications")
    take_levels(ada)
    switch_on(ada, "Mentions only")
    hide(ada)
    bob = visit("Bob", room)
    write(bob, "Good morning")
    write(bob, f"@{ada.locator('.me-name').first.inner_text()}, are you there?")
    wait_for_notifications(ada, 1)
    assert notifications_of(ada)[0]["body"].endswith("are you there?")


def test_room_set_to_nothing_does_not_notify(ada: Page, site: Site, room: str) -> None:
    switch_on(ada, "Show notifications")
    give_level(ada, room, "nothing")
    ada.goto("/rooms/lobby/")
    site.post_many(site.port, slug_of(room), ["Dinner is ready"])
    expect(ada.locator(f"a[href='{room}'] [data-count]")).to_have_text("1")
    assert ada.evaluate(ALL_NOTIFIED)
    assert notifications_of(ada) == []


def test_sound_is_off_until_it_is_turned_on(ada: Page, site: Site, room: str) -> None:
    ada.add_init_script(
        "window.tones = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };"
    )
    ada.reload()
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Hello"])
    expect(ada).to_have_title(re.compile(r"^\(1\)"))
    assert ada.evaluate("window.tones") == 0
    switch_on(ada, "Play a sound")
    tried = ada.evaluate("window.tones")
    assert tried > 0
    site.post_many(site.port, slug_of(room), ["Hello again"])
    wait_until(lambda: ada.evaluate("window.tones") > tried, "a tone")


def test_browser_without_notifications_for_pages_is_left_alone_from_then_on(ada: Page, site: Site, room: str) -> None:
    switch_on(ada, "Show notifications")
    ada.evaluate(
        "window.Notification = class { static permission = 'granted'; constructor() { throw TypeError(); } }; true"
    )
    hide(ada)
    site.post_many(site.port, slug_of(room), ["Hello"])
    is_off = "JSON.parse(localStorage.getItem('chat.alerts')).desktop === false"
    wait_until(lambda: ada.evaluate(is_off), "the option to be off")

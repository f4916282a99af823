"""The rooms at the side of every page, the dialog of a new room, and the settings of a room as others see them."""

import re
import uuid
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, headers_of, send_form
from tests.browser.reading import post_as_last_joined, slug_of
from tests.browser.test_accessibility import violations
from tests.browser.visibility import hide, show
from tests.site import Site

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def test_counts_and_names_of_a_page_without_a_connection_are_renewed_when_it_is_seen_again(
    used_page: Callable[..., Page], room: str, site: Site
) -> None:
    ada = used_page()
    send_form(ada.context, "/join/", name=f"Ada{uuid.uuid4().hex[:12]}")
    post_as_last_joined(site, room, "I was here")
    ada.goto("/accounts/profile/")
    link = ada.locator(f"[data-rooms] a[href='{room}']")
    expect(link).to_be_visible()
    hide(ada)
    site.post_many(site.port, slug_of(room), ["One", "Two"])
    new = send_form(ada.context, "/rooms/", name=f"Later {uuid.uuid4().hex[:8]}", visibility="public")
    site.shell(
        f"from chat.models import Room; Room.objects.filter(slug={slug_of(room)!r}).update("
        "name='Renamed meanwhile', archived_at='2026-01-01T00:00:00Z')"
    )
    show(ada)
    expect(link.locator(".badge")).to_have_text("2 unread")
    expect(link).to_contain_text("Renamed meanwhile")
    expect(ada.locator(f"[data-section=archived] a[href='{room}']")).to_have_count(1)
    expect(ada.get_by_text("Archived")).to_be_visible()
    expect(ada.locator(f"[data-rooms] a[href='{new}']")).to_be_visible()
    expect(ada).to_have_title("Your profile · Chat")
    hide(ada)
    ada.route("**/api/rooms/**", lambda route: route.abort())
    with ada.expect_event("requestfailed"):
        show(ada)
    expect(link.locator(".badge")).to_have_text("2 unread")


def test_rooms_are_the_same_drawer_on_each_page_of_a_phone(visit: Visit, room: str) -> None:
    ada = visit("Ada", "/browse/", **PHONE)
    rooms = ada.get_by_role("navigation", name="Rooms", exact=True)
    for address in ("/browse/", "/search/", "/accounts/profile/"):
        if address != "/browse/":
            ada.goto(address)
        expect(rooms).not_to_be_visible()
        ada.get_by_role("button", name="Rooms", exact=True).click()
        expect(rooms).to_be_visible()
        expect(rooms.get_by_role("link", name="New room")).to_be_visible()
        expect(rooms.get_by_role("button", name="Your account")).to_be_visible()
        ada.keyboard.press("Escape")
        expect(rooms).not_to_be_visible()
        assert ada.evaluate("document.documentElement.scrollWidth") == 360, address
        gaps = ada.locator(".room-list > li + li").evaluate_all(
            "all => all.map((it) => getComputedStyle(it).marginTop)"
        )
        assert set(gaps) == ({"0px"} if address == "/browse/" else set()), address
        ada.keyboard.press("Control+k")
        jump = ada.get_by_role("dialog", name="Jump to a room")
        expect(jump.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
        assert not jump.evaluate("it => it.scrollWidth > it.clientWidth"), address


def test_a_room_is_made_where_one_is_and_errors_stay_in_the_dialog(visit: Visit, room: str) -> None:
    ada = visit("Ada", "/search/?q=nothing")
    ada.get_by_role("link", name="New room").click()
    dialog = ada.get_by_role("dialog", name="New room")
    name, button = dialog.get_by_label("Name"), dialog.get_by_role("button", name="Create room")
    expect(dialog.get_by_label("Public: everyone on this site can find it, read it and post")).to_be_checked()
    for typed, sentence in (
        ("Lobby", "A room at /rooms/lobby/ already exists."),
        ("\u200b", "A name can’t contain invisible or control characters."),
        ("System", "This name is reserved for the site."),
    ):
        name.fill(typed)
        button.click()
        expect(dialog).to_contain_text(sentence)
        expect(name).to_be_focused()
        expect(name).to_have_accessible_description(re.compile(re.escape(sentence)))
        assert dialog.locator(".errorlist").count() == 1
    assert violations(ada, 1280, "light", within="dialog[open]") == []
    ada.route("**/rooms/", lambda route: route.abort())
    button.click()
    expect(dialog.get_by_role("alert")).to_have_text("No connection. Try again when you’re back online.")
    expect(dialog.locator(".errorlist")).to_have_count(0)
    ada.unroute("**/rooms/")
    assert "/search/" in ada.url
    name.fill(f"Made {uuid.uuid4().hex[:8]}")
    dialog.get_by_label("Topic").fill("For what is made")
    button.click()
    ada.wait_for_url("**/rooms/made-*/")
    expect(ada.get_by_text("For what is made").first).to_be_visible()


def test_a_person_who_was_signed_out_is_asked_to_sign_in_instead_of_losing_the_dialog(visit: Visit, room: str) -> None:
    ada = visit("Ada", room)
    ada.get_by_role("link", name="New room").click()
    ada.get_by_role("dialog", name="New room").get_by_label("Name").fill("Never made")
    ada.context.clear_cookies(name="sessionid")
    ada.keyboard.press("Enter")
    ada.wait_for_url("**/?next=/rooms/")
    expect(ada.get_by_label("Your name")).to_be_visible()


def test_others_in_a_room_see_its_new_name_and_topic_without_a_reload(owner: Page, visit: Visit) -> None:
    room = "/" + owner.url.split("/", 3)[3]
    bob = visit("Bob", room)
    owner.get_by_role("heading", level=1).get_by_role("button").click()
    settings = owner.get_by_role("link", name="Room settings")
    # It looks like the buttons beside it.
    assert settings.evaluate("it => getComputedStyle(it).textDecorationLine") == "none"
    settings.click()
    new = f"Renamed {uuid.uuid4().hex[:8]}"
    owner.get_by_label("Name", exact=True).fill(new)
    owner.get_by_label("Topic").fill("What it is about now")
    owner.get_by_label("Archive this room").check()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_text("Settings saved.")).to_be_visible()
    expect(bob.get_by_role("heading", level=1)).to_have_text(new)
    expect(bob).to_have_title(f"{new} · Chat")
    expect(bob.locator(".room-header").get_by_text("What it is about now")).to_be_visible()
    expect(bob.get_by_label(f"Message #{new}")).to_have_attribute("placeholder", f"Message #{new}")
    expect(bob.get_by_role("log", name=f"Messages in {new}")).to_be_attached()
    expect(bob.locator("[data-section=archived]").get_by_role("link", name=new)).to_be_visible()
    # What a person does elsewhere shows here, too.
    lobby = "/api/rooms/lobby/membership/"
    bob.context.request.put(lobby, data={"starred": True}, headers=headers_of(bob.context))
    expect(bob.locator("[data-section=starred] [data-slug=lobby]")).to_be_visible()
    bob.context.request.delete(lobby, headers=headers_of(bob.context))
    expect(bob.locator("[data-rooms] [data-slug=lobby]")).to_have_count(0)
    owner.get_by_label("Private").check()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_role("heading", level=1)).to_have_text(f"Make {new} private?")
    expect(owner.get_by_text("Everyone else loses access at once")).to_be_visible()
    expect(owner.get_by_role("link", name="Cancel")).to_be_focused()
    assert violations(owner, 1280, "light") + violations(owner, 360, "dark") == []
    owner.keyboard.press("Shift+Tab")
    owner.keyboard.press("Enter")
    expect(owner.get_by_text("Settings saved.")).to_be_visible()
    expect(owner.get_by_label("Private")).to_be_checked()


def test_a_room_is_joined_starred_and_left_and_the_list_follows_at_once(visit: Visit, room: str) -> None:
    ada = visit("Ada", "/browse/", joins=False, viewport={"width": 390, "height": 800})
    slug = slug_of(room)
    row, link = ada.locator(f"[data-place='{slug}']"), ada.locator(f"[data-rooms] [data-slug='{slug}']")
    note = ada.locator("[data-membership-note]")
    expect(link).to_have_count(0)
    row.get_by_role("button", name="Join").press("Enter")
    expect(ada.locator(f"[data-section=rooms] [data-slug='{slug}']")).to_have_count(1)
    expect(note).to_contain_text("You’ve joined")
    # A second press of Enter opens the room, and does not leave it.
    expect(row.get_by_role("link")).to_be_focused()
    star = row.get_by_role("button", name="Star")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(ada.locator(f"[data-section=starred] [data-slug='{slug}']")).to_have_count(1)
    assert violations(ada, 390, "dark") == []
    ada.route("**/leave/", lambda route: route.abort())
    row.get_by_role("button", name="Leave").click()
    expect(note).to_have_text("No connection. Try again when you’re back online.")
    ada.unroute("**/leave/")
    row.get_by_role("button", name="Leave").click()
    expect(link).to_have_count(0)
    expect(ada.locator("[data-section=starred]")).to_be_hidden()
    row.get_by_role("button", name="Join").click()
    expect(link).to_have_count(1)
    # The rooms are in a drawer here, and the keys change them all the same.
    ada.keyboard.press("Alt+ArrowDown")
    ada.wait_for_url("**/rooms/lobby/")
    ada.keyboard.press("Alt+ArrowUp")
    ada.wait_for_url(f"**{room}")

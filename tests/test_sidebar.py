"""The rooms in the sidebar: those that a person belongs to, and the room in view."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import room_list
from chat.actions import joining, profiles
from chat.actions.rooms import archive, create_room
from chat.models import Membership, Person, Room, RoomHead
from tests.cases import each
from tests.cast import say


def listed(response):
    """Return the slugs in the sidebar, and the current room's."""
    links = re.findall(
        r'<a class="sidebar-room" href="[^"]+" data-slug="([^"]+)"[^>]*?( aria-current="(?:page|true)")?>',
        response.text,
    )
    return [slug for slug, _ in links], [slug for slug, current in links if current]


def section(response, name):
    """Return the slugs in a section of the sidebar."""
    found = re.search(f'data-section="{name}">(.*?)</ul>', response.text, re.DOTALL)
    assert found
    return re.findall('data-slug="([^"]+)"', found[1])


def archived(response):
    """Return the part of the sidebar with the archived rooms."""
    found = re.search('<details class="sidebar-section sidebar-archived".*?</details>', response.text, re.DOTALL)
    assert found
    return found[0]


def test_rooms_are_sorted_by_name_and_messages_move_none(signed_in, alice, bob, hall, ops):
    browser = signed_in(alice)
    create_room(alice, "Älteste")
    for _ in range(2):
        found = browser.get("/rooms/hall/")
        assert (section(found, "rooms"), listed(found)[1]) == (["älteste", "hall", "lobby", "ops"], ["hall"])
        say(bob, ops)


def test_only_rooms_that_one_belongs_to_are_listed_and_the_room_in_view(signed_in, alice, bob, carol, hall, ops):
    browser = signed_in(carol)
    found = browser.get("/rooms/hall/")
    assert listed(found) == (["hall", "lobby"], ["hall"])
    assert "data-is-outside" in found.text
    assert "data-show-all" not in found.text
    assert listed(browser.get("/"))[0] == ["lobby"]
    joining.join(carol, hall)
    found = browser.get("/rooms/hall/")
    assert listed(found) == (["hall", "lobby"], ["hall"])
    assert "data-is-outside" not in found.text
    joining.leave(carol, hall)
    assert listed(browser.get("/"))[0] == ["lobby"]


def test_starred_muted_and_archived_rooms_have_sections(signed_in, alice, hall, ops):
    browser = signed_in(alice)
    quiet, old = create_room(alice, "Quiet"), create_room(alice, "Old")
    joining.star(alice, ops, True)
    profiles.set_notifications(alice, quiet, "nothing")
    archive(alice, old)
    names = ("starred", "rooms", "muted", "archived")
    found = browser.get("/rooms/quiet/")
    assert [section(found, name) for name in names] == [["ops"], ["hall", "lobby"], ["quiet"], ["old"]]
    assert '<details class="sidebar-section" open><summary>Muted' in found.text
    assert '<details class="sidebar-section"><summary>Muted' in browser.get("/").text
    # With notifications off for all rooms, none is folded away.
    Person.objects.filter(pk=alice.pk).update(notify="nothing")
    assert [section(browser.get("/"), name) for name in names] == [["ops"], ["hall", "lobby", "quiet"], [], ["old"]]


def test_unread_starred_and_active_rooms_come_before_others_if_there_are_too_many(
    signed_in, alice, bob, hall, ops, monkeypatch
):
    quiet, starred = create_room(alice, "Quiet"), create_room(alice, "Starred")
    joining.star(alice, starred, True)
    say(bob, ops)
    RoomHead.objects.filter(pk=quiet.pk).update(active_at="2001-01-01T00:00:00Z")
    browser = signed_in(alice)
    for limit, slugs in ((1, ["ops"]), (2, ["ops", "starred"]), (4, ["starred", "hall", "lobby", "ops"])):
        monkeypatch.setattr(room_list, "SIDEBAR_LIMIT", limit)
        found = browser.get("/")
        assert sorted(listed(found)[0]) == sorted(slugs)
        assert "data-show-all" in found.text
        assert "quiet" in listed(browser.get("/rooms/quiet/"))[0]


def test_statements_and_bytes_do_not_grow_with_the_rooms(signed_in, alice, bob, hall, monkeypatch):
    """Neither with one's memberships nor with public rooms that one has not joined."""
    monkeypatch.setattr(room_list, "SIDEBAR_LIMIT", 10)
    browser = signed_in(alice)
    costs = []
    for number in (10, 100, 0):
        rooms = [Room(slug=f"{number}-{it}", name=f"Room {number} {it}") for it in range(number or 1000)]
        Room.objects.bulk_create(rooms)
        RoomHead.objects.bulk_create([RoomHead(room=room) for room in rooms])
        Membership.objects.bulk_create([Membership(room=room, person=alice) for room in rooms[:number]])
        browser.get("/rooms/hall/")
        with CaptureQueriesContext(connection) as queries:
            found = browser.get("/rooms/hall/")
        assert len(listed(found)[0]) == 10
        costs.append((len(queries), len(found.content) // 200))
    assert costs[0][0] == costs[1][0] == costs[2][0]
    assert max(size for _, size in costs) - min(size for _, size in costs) <= 2


def test_address_in_another_script_is_a_link(signed_in, alice):
    browser = signed_in(alice)
    browser.post("/rooms/", {"name": "Café & Søn", "visibility": "public"})
    assert "café-søn" in listed(browser.get("/rooms/café-søn/"))[1]


PAGES = [
    "/",
    "/search/",
    "/rooms/",
    "/rooms/hall/settings/",
    "/rooms/hall/delete/",
    "/accounts/profile/",
    "/accounts/delete/",
    "/accounts/password_change/",
    "/rooms/no-such-room/",
    "/nothing/",
]


@each("address", PAGES)
def test_rooms_stay_at_the_side_on_every_page(signed_in, alice, hall, ops, address):
    response = signed_in(alice).get(address)
    slugs, current = listed(response)
    assert {"hall", "ops", "lobby"} == set(slugs)
    assert current == (["hall"] if "hall" in address else [])
    for part in ('id="sidebar"', 'id="new-room"', "data-account", "data-switcher", 'aria-label="Search"', "<h1"):
        assert response.text.count(part) == 1, part


@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/accounts/signup/", "/nothing/", "/search/?q=x"])
def test_strangers_see_no_rooms_at_the_side(client, hall, address):
    text = client.get(address, follow=True).text
    assert "sidebar" not in text
    assert "Hall" not in text


def test_settings_of_a_room_show_what_is_unread_in_it(signed_in, alice, bob, hall):
    say(alice, hall)
    say(bob, hall)
    browser = signed_in(alice)
    assert "<span data-count>1</span>" in browser.get("/rooms/hall/settings/").text
    assert 'aria-current="true"' in browser.get("/rooms/hall/settings/").text
    assert 'aria-current="page"' in browser.get("/rooms/hall/").text


def test_archived_rooms_stand_apart(signed_in, alice, hall, ops):
    browser = signed_in(alice)
    assert archived(browser.get("/rooms/ops/")).startswith('<details class="sidebar-section sidebar-archived" hidden')
    archive(alice, hall)
    for address, is_open in (("/rooms/ops/", False), ("/", False), ("/rooms/hall/", True)):
        part = archived(browser.get(address))
        assert 'data-slug="hall"' in part
        assert 'data-slug="ops"' not in part
        assert part.startswith('<details class="sidebar-section sidebar-archived" open') is is_open
        assert " hidden " not in part.split("<summary>")[0]
    home = browser.get("/").text
    main = home[home.index('id="main"') :]
    assert main.index(">Ops<") < main.index("Archived") < main.index(">Hall<")


def test_links_that_are_kept_are_never_those_of_another_state(signed_in, alice, bob, hall, ops):
    """The list is rendered once for equal rows."""
    browsers = [signed_in(alice), signed_in(bob)]
    for browser in browsers:
        assert "data-name>Hall<" in browser.get("/").text
    say(alice, ops)
    assert ["<span data-count>1</span>" in browser.get("/").text for browser in browsers] == [False, True]
    Membership.objects.filter(room=ops, person=bob).update(banned_at=timezone.now())
    assert ['data-slug="ops"' in browser.get("/").text for browser in browsers] == [True, False]
    Room.objects.filter(pk=hall.pk).update(name="Great hall")
    for browser in browsers:
        assert "data-name>Great hall<" in browser.get("/search/").text
        assert 'aria-current="true"' not in browser.get("/search/").text

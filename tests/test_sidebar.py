"""The rooms in the sidebar of a room."""

import re

import pytest
from django.utils import timezone

from chat import room_list
from chat.actions.rooms import archive
from chat.models import Membership, Room
from tests.cases import each
from tests.cast import say


def listed(response):
    """Return the slugs in the sidebar, and the current room's."""
    links = re.findall(
        r'<a class="sidebar-room" href="[^"]+" data-slug="([^"]+)"[^>]*?( aria-current="(?:page|true)")?>',
        response.text,
    )
    return [slug for slug, _ in links], [slug for slug, current in links if current]


def archived(response):
    """Return the part of the sidebar with the archived rooms."""
    found = re.search('<details class="sidebar-archived".*?</details>', response.text, re.DOTALL)
    assert found
    return found[0]


def test_sidebar_lists_the_most_active_rooms_first(signed_in, alice, hall, ops):
    say(alice, hall)
    slugs, current = listed(signed_in(alice).get("/rooms/hall/"))
    assert slugs[:2] == ["hall", "ops"]
    assert current == ["hall"]


def test_current_room_is_in_the_sidebar_among_many_more_active_ones(signed_in, alice, hall, ops, monkeypatch):
    monkeypatch.setattr(room_list, "SIDEBAR_LIMIT", 1)
    say(alice, ops)
    assert listed(signed_in(alice).get("/rooms/hall/")) == (["hall", "ops"], ["hall"])


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
    assert archived(browser.get("/rooms/ops/")).startswith('<details class="sidebar-archived" hidden')
    archive(alice, hall)
    for address, is_open in (("/rooms/ops/", False), ("/", False), ("/rooms/hall/", True)):
        part = archived(browser.get(address))
        assert 'data-slug="hall"' in part
        assert 'data-slug="ops"' not in part
        assert part.startswith('<details class="sidebar-archived" open') is is_open
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

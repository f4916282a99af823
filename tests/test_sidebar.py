"""The rooms in the sidebar of a room."""

import re

from chat.views import rooms
from tests.cast import say


def listed(response):
    """Return the slugs in the sidebar, and the current room's."""
    links = re.findall(
        r'<a class="sidebar-room" href="[^"]+" data-slug="([^"]+)"[^>]*?( aria-current="page")?>', response.text
    )
    return [slug for slug, _ in links], [slug for slug, current in links if current]


def test_sidebar_lists_the_most_active_rooms_first(signed_in, alice, hall, ops):
    say(alice, hall)
    slugs, current = listed(signed_in(alice).get("/rooms/hall/"))
    assert slugs[:2] == ["hall", "ops"]
    assert current == ["hall"]


def test_current_room_is_in_the_sidebar_among_many_more_active_ones(signed_in, alice, hall, ops, monkeypatch):
    monkeypatch.setattr(rooms, "SIDEBAR_ROOMS_LIMIT", 1)
    say(alice, ops)
    assert listed(signed_in(alice).get("/rooms/hall/")) == (["hall", "ops"], ["hall"])


def test_address_in_another_script_is_a_link(signed_in, alice):
    browser = signed_in(alice)
    browser.post("/rooms/", {"name": "Café & Søn", "visibility": "public"})
    assert "café-søn" in listed(browser.get("/rooms/café-søn/"))[1]

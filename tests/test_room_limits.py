"""The limits on creating rooms."""

import pytest

from chat.actions.accounts import join_as_guest
from chat.actions.rooms import create_room
from chat.errors import ActionError
from chat.models import Room


def create(browser, name, address="192.0.2.1"):
    return browser.post("/rooms/", {"name": name, "visibility": "public"}, REMOTE_ADDR=address).status_code


def test_guests_behind_one_address_share_a_limit(signed_in, settings, db):
    settings.CHAT_ROOMS_PER_ADDRESS = 4
    browsers = [signed_in(join_as_guest(name)) for name in ("one", "two", "three")]
    answers = [create(browser, f"{name} {number}") for number in range(2) for name, browser in enumerate(browsers)]
    assert answers == [302] * 4 + [429] * 2
    assert create(browsers[0], "elsewhere", "198.51.100.7") == 302


def test_a_refusal_by_address_costs_the_person_nothing(signed_in, bob, settings):
    settings.CHAT_ROOMS_PER_ADDRESS, settings.CHAT_ROOMS_PER_HOUR = 1, 2
    browser = signed_in(bob)
    assert [create(browser, f"Number {n}") for n in range(3)] == [302, 429, 429]
    assert create(browser, "Elsewhere", "198.51.100.7") == 302


def test_a_site_may_keep_guests_from_creating_rooms(signed_in, gil, bob, settings):
    settings.CHAT_GUESTS_CREATE_ROOMS = False
    browser = signed_in(gil)
    assert (create(browser, "Mine"), create(signed_in(bob), "Ours")) == (403, 302)
    assert "Guests can’t create rooms here" in browser.post("/rooms/", {"name": "It", "visibility": "public"}).text
    with pytest.raises(ActionError, match="Guests"):
        create_room(gil, "Another")
    assert not Room.objects.filter(created_by=gil).exists()


@pytest.mark.parametrize("address", ["/", "/rooms/hall/", "/rooms/nowhere/"])
def test_creating_a_room_is_not_offered_without_the_permission(signed_in, gil, hall, settings, address):
    offered = ('data-opens="new-room"', 'id="new-room"', 'action="/rooms/"')
    assert any(it in signed_in(gil).get(address).text for it in offered)
    settings.CHAT_GUESTS_CREATE_ROOMS = False
    assert not any(it in signed_in(gil).get(address).text for it in offered)

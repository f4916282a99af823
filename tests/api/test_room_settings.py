"""The settings of a room over the API."""

import pytest

from chat.actions.room_settings import change_room
from chat.models import Message, Room
from tests.api.client import assert_refused
from tests.cases import each
from tests.cast import say

OPS, HALL = "/api/rooms/ops/", "/api/rooms/hall/"
ALL = {
    "name": "Operations",
    "topic": "New",
    "joining": "ask",
    "history": "joined",
    "posting": "moderators",
    "members_invite": False,
    "room_mentions": "everyone",
    "keep_days": 30,
    "archived": True,
}


def put(client, address, **changes):
    return client.put(address, changes, content_type="application/json")


def test_an_owner_changes_all_settings_and_a_repeat_changes_nothing(program, alice, ops):
    client = program(alice)
    answer = put(client, OPS, **ALL, reason="Order").json()
    room, settings = answer["room"], answer["details"]["settings"]
    assert {name: (room | settings)[name] for name in ALL} == ALL
    assert answer == client.get(OPS).json()
    notes = Message.objects.filter(room=ops).count()
    assert put(client, OPS, **ALL).json() == answer
    assert Message.objects.filter(room=ops).count() == notes == len(ALL)


def test_a_private_room_becomes_public_after_a_confirmation_that_says_how_much_that_shows(program, alice, ops):
    say(alice, ops)
    refused = put(program(alice), OPS, visibility="public")
    assert_refused(refused, 409, "conflict")
    assert "1 message " in refused.json()["error"]["detail"]
    assert Room.objects.get(pk=ops.pk).visibility == "private"
    answer = put(program(alice), OPS, visibility="public", confirmed=True).json()
    assert (answer["room"]["visibility"], answer["details"]["settings"]["joining"]) == ("public", None)


def test_a_public_room_becomes_private_and_keeps_its_members(program, alice, bob, hall):
    answer = put(program(alice), HALL, visibility="private", joining="ask").json()
    assert (answer["room"]["visibility"], answer["details"]["members"]) == ("private", 2)
    assert answer["details"]["settings"]["joining"] == "ask"
    assert hall in Room.objects.visible_to(bob)
    put(program(alice), HALL, visibility="public", confirmed=True)
    assert Room.objects.get(pk=hall.pk).joining is None


@each(
    ("changes", "status", "code"),
    [
        ({"joining": "ask"}, 409, "conflict"),
        ({"name": "Lobby"}, 409, "conflict"),
        ({"name": " "}, 400, "bad_frame"),
        ({"visibility": "direct"}, 400, "bad_frame"),
        ({"keep_days": -1}, 400, "bad_frame"),
        ({"posting": "nobody"}, 400, "bad_frame"),
        ({"topic": "x" * 201}, 400, "bad_frame"),
        ({"is_default": True}, 403, "forbidden"),
    ],
)
def test_invalid_settings_are_refused(program, alice, hall, changes, status, code):
    assert_refused(put(program(alice), HALL, **changes), status, code)


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("carol", 404)])
def test_only_owners_change_them(program, request, ops, who, status):
    assert put(program(request.getfixturevalue(who)), OPS, topic="Mine").status_code == status
    assert Room.objects.get(pk=ops.pk).topic == ""


def test_changes_are_limited_like_posts(program, alice, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 1, 2
    client = program(alice)
    answers = [put(client, HALL, topic=f"Number {number}").status_code for number in range(4)]
    assert answers[-1] == 429


def test_settings_are_for_everyone_who_sees_the_room_to_read(program, alice, bob, ops):
    change_room(ops, {"joining": "ask"}, by=alice)
    assert program(bob).get(OPS).json()["details"]["settings"]["joining"] == "ask"

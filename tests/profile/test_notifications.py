"""The notification level of each room."""

import re

from chat.models import Membership, Person
from tests.api.client import assert_refused
from tests.cases import each

HALL = "/api/rooms/hall/notifications/"


def put(client, path, fields):
    return client.put(path, fields, content_type="application/json")


def test_room_uses_the_default_level_until_one_is_set(program, bob, hall):
    client = program(bob)
    assert client.get(HALL).json() == {"level": None, "default": "all"}
    assert put(client, HALL, {"level": "nothing"}).json() == {"level": "nothing", "default": "all"}
    assert client.get(HALL).json()["level"] == "nothing"
    assert put(client, HALL, {"level": None}).json() == {"level": None, "default": "all"}
    assert client.get(HALL).json()["level"] is None


def test_the_page_knows_the_level_of_each_room(program, signed_in, bob, hall, ops):
    Person.objects.filter(pk=bob.pk).update(notify="mentions")
    put(program(bob), HALL, {"level": "nothing"})
    response = signed_in(bob).get("/rooms/hall/")
    levels = dict(re.findall(r'data-slug="([^"]+)"[^>]* data-notify="([^"]+)"', response.text))
    assert levels == {"hall": "nothing", "ops": "mentions", "lobby": "mentions"}
    data = response.context["page_data"]
    assert (data["notify"], data["notify_chosen"]) == ("nothing", "nothing")
    data = signed_in(bob).get("/rooms/ops/").context["page_data"]
    assert (data["notify"], data["notify_chosen"]) == ("mentions", None)


def test_a_choice_applies_to_its_person_alone(program, alice, bob, hall):
    put(program(bob), HALL, {"level": "nothing"})
    assert program(alice).get(HALL).json()["level"] is None


def test_choosing_a_level_keeps_a_members_role_and_read_position(program, alice, hall):
    before = Membership.objects.filter(room=hall, person=alice).values("role", "read_seq").get()
    put(program(alice), HALL, {"level": "mentions"})
    assert Membership.objects.filter(room=hall, person=alice).values("role", "read_seq").get() == before


def test_setting_a_level_joins_a_public_room_with_nothing_unread(program, alice, carol, hall):
    from tests.cast import say

    say(alice, hall)
    client = program(carol)
    put(client, HALL, {"level": None})
    assert not Membership.objects.filter(person=carol, room=hall).exists()
    put(client, HALL, {"level": "mentions"})
    [room] = [room for room in client.get("/api/rooms/").json()["rooms"] if room["slug"] == "hall"]
    assert room["unread"] == 0


@each("fields", [{}, {"level": "loud"}, {"level": 1}, {"level": ""}, [], {"level": ["all"]}, {"level": "nothing\0"}])
def test_an_invalid_level_is_refused(program, bob, hall, fields):
    assert_refused(put(program(bob), HALL, fields), 400, "bad_frame")
    assert Membership.objects.get(person=bob, room=hall).notify is None


@each("method", ["get", "put"])
def test_level_of_an_invisible_room_is_not_found(program, carol, ops, method):
    send = getattr(program(carol), method)
    body = {"data": {"level": "all"}, "content_type": "application/json"} if method == "put" else {}
    assert_refused(send("/api/rooms/ops/notifications/", **body), 404, "not_found")


def test_stranger_is_asked_to_sign_in(client, hall):
    assert_refused(client.get(HALL), 401, "signed_out")

"""Owners hand a room over: they make other owners, and step down while there is one."""

import pytest

from chat.actions import administration, joining, sanctions
from chat.errors import ActionError
from chat.models import AuditEntry, Membership, Room
from chat.protocol import Code

PAGE = "/rooms/hall/step-down/"


def role_of(person, room):
    return Membership.objects.current().filter(person=person, room=room).values_list("role", flat=True).first()


def put_role(client, room, person, role):
    address = f"/api/rooms/{room.slug}/people/{person.pk}/role/"
    return client.put(address, {"role": role}, content_type="application/json")


def refusal_of(act, *arguments):
    with pytest.raises(ActionError) as refusal:
        act(*arguments)
    return refusal.value.code


def test_an_owner_hands_the_room_over(program, alice, bob, hall):
    client = program(alice)
    assert put_role(client, hall, alice, "member").json()["error"]["code"] == "conflict"
    assert put_role(client, hall, bob, "owner").json()["role"] == "owner"
    assert put_role(client, hall, alice, "member").json()["role"] == "member"
    assert (role_of(alice, hall), role_of(bob, hall)) == ("member", "owner")
    entries = AuditEntry.objects.order_by("pk").values_list("actor", "person", "detail")
    assert list(entries) == [("alice", "bob", "member to owner"), ("alice", "alice", "owner to member")]


def test_owners_have_no_power_over_each_other_and_no_one_raises_their_own_role(alice, bob, mona, hall):
    sanctions.give_role(alice, hall, bob, "owner")
    assert refusal_of(sanctions.give_role, alice, hall, bob, "member") is Code.FORBIDDEN
    assert refusal_of(sanctions.give_role, mona, hall, mona, "owner") is Code.FORBIDDEN
    sanctions.give_role(mona, hall, mona, "member")
    assert refusal_of(sanctions.give_role, mona, hall, mona, "moderator") is Code.FORBIDDEN
    assert (role_of(bob, hall), role_of(mona, hall)) == ("owner", "member")


def test_the_last_owner_neither_steps_down_nor_leaves(alice, bob, hall):
    sanctions.give_role(alice, hall, bob, "owner")
    joining.leave(alice, hall)
    assert refusal_of(sanctions.give_role, bob, hall, bob, "member") is Code.CONFLICT
    assert refusal_of(joining.leave, bob, hall) is Code.CONFLICT
    assert role_of(bob, hall) == "owner"


def test_a_banned_owner_does_not_count(alice, bob, chief, hall):
    sanctions.give_role(alice, hall, bob, "owner")
    sanctions.ban(chief, hall, bob, reason="")
    assert refusal_of(sanctions.give_role, alice, hall, alice, "member") is Code.CONFLICT


def test_a_role_brings_no_one_back_into_a_private_room(alice, bob, chief, ops):
    joining.leave(bob, ops)
    left = Membership.objects.get(person=bob, room=ops)
    assert refusal_of(sanctions.give_role, alice, ops, bob, "moderator") is Code.NOT_FOUND
    assert refusal_of(lambda: administration.change_role(left, "moderator", by=chief)) is Code.NOT_FOUND
    assert ops not in Room.objects.visible_to(bob)


def test_a_role_in_a_public_room_makes_a_member(alice, bob, hall):
    joining.leave(bob, hall)
    sanctions.give_role(alice, hall, bob, "moderator")
    assert role_of(bob, hall) == "moderator"


def test_the_page_for_stepping_down(signed_in, alice, bob, mona, hall):
    browser = signed_in(alice)
    assert "You’re the only owner." in browser.get("/rooms/hall/settings/").text
    assert (browser.get(PAGE).status_code, browser.post(PAGE).status_code) == (200, 400)
    assert signed_in(mona).get(PAGE).status_code == 404
    sanctions.give_role(alice, hall, bob, "owner")
    assert f'href="{PAGE}"' in browser.get("/rooms/hall/settings/").text
    assert browser.post(PAGE, {"reason": "Enough"}, follow=True).context["page_data"]["standing"]["role"] == "member"
    assert (role_of(alice, hall), AuditEntry.objects.latest("pk").reason) == ("member", "Enough")


def test_staff_without_a_role_see_who_owns_the_room(signed_in, alice, chief, hall):
    assert (
        "one of the site’s staff. Its owners: <bdi>alice</bdi>." in signed_in(chief).get("/rooms/hall/settings/").text
    )

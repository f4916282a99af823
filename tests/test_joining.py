"""Joining, leaving and starring rooms."""

import pytest
from django.utils import timezone

from chat.actions import administration, joining, rooms, sanctions
from chat.actions.accounts import join_as_guest, join_plainly, sign_up
from chat.actions.room_settings import change_room
from chat.errors import ActionError
from chat.models import Membership, Person, Room
from chat.protocol import Code
from tests.cast import PASSWORD, say


def place(person: Person, room: Room) -> Membership | None:
    return Membership.objects.filter(person=person, room=room).first()


def test_joining_marks_nothing_as_unread_and_twice_is_once(alice, carol, hall):
    say(alice, hall)
    first = joining.join(carol, hall)
    say(alice, hall)
    second = joining.join(carol, hall)
    assert (first.pk, first.read_seq) == (second.pk, second.read_seq) == (place(carol, hall).pk, 1)


def test_no_one_joins_a_room_that_has_just_become_private(alice, carol, hall):
    change_room(Room.objects.get(pk=hall.pk), {"visibility": Room.Visibility.PRIVATE})
    with pytest.raises(ActionError) as refusal:
        joining.join(carol, hall)  # as it was when the request began
    assert (refusal.value.code, place(carol, hall)) == (Code.NOT_FOUND, None)


def test_leaving_keeps_what_the_person_chose_and_joining_again_ends_it(alice, bob, hall):
    Membership.objects.filter(person=bob, room=hall).update(notify="nothing", role="moderator")
    joining.star(bob, hall, True)
    joining.leave(bob, hall)
    joining.leave(bob, hall)
    left = place(bob, hall)
    assert (left.is_current, left.role, left.starred_at, left.notify) == (False, "member", None, "nothing")
    assert hall in Room.objects.visible_to(bob)
    say(alice, hall)
    joining.join(bob, hall)
    again = place(bob, hall)
    assert (again.pk, again.is_current, again.read_seq, again.notify) == (left.pk, True, 1, "nothing")


def test_leaving_a_private_room_ends_access_and_keeps_a_mute(alice, bob, ops):
    sanctions.mute(alice, ops, bob, duration=None, reason="loud")
    joining.leave(bob, ops)
    assert ops not in Room.objects.visible_to(bob)
    assert place(bob, ops).is_muted
    with pytest.raises(ActionError) as refusal:
        joining.join(bob, ops)
    assert refusal.value.code in (Code.NOT_FOUND, Code.FORBIDDEN)


def test_leaving_a_private_room_keeps_the_row_and_being_added_again_begins_anew(alice, bob, ops):
    Membership.objects.filter(person=bob, room=ops).update(notify="nothing", role="moderator")
    joining.leave(bob, ops)
    left = place(bob, ops)
    assert (left.left_at is None, left.role, left.banned_at) == (False, "member", None)
    say(alice, ops)
    again = administration.add_member(bob, ops, by=alice)
    assert (again.pk, again.is_current, again.notify, again.read_seq) == (left.pk, True, "nothing", 1)


def test_the_only_owner_cannot_leave_before_the_room_is_archived(alice, bob, hall):
    with pytest.raises(ActionError) as refusal:
        joining.leave(alice, hall)
    assert refusal.value.code is Code.CONFLICT
    rooms.archive(alice, hall)
    joining.leave(alice, hall)
    assert not place(alice, hall).is_current
    with pytest.raises(ActionError) as refusal:
        joining.join(alice, hall)
    assert refusal.value.code is Code.ARCHIVED


def test_who_may_not_see_a_room_can_neither_join_nor_leave_nor_star_it(alice, bob, carol, hall, ops):
    sanctions.ban(alice, hall, bob, reason="no")
    for person, room, code in ((carol, ops, Code.NOT_FOUND), (bob, hall, Code.FORBIDDEN)):
        for ask in (joining.join, joining.leave, lambda *who: joining.star(*who, True)):
            with pytest.raises(ActionError) as refusal:
                ask(person, room)
            assert refusal.value.code is code
    with pytest.raises(ActionError) as refusal:
        joining.star(carol, hall, True)
    assert refusal.value.code is Code.CONFLICT


def test_sanctions_of_someone_who_did_not_join_make_no_member(alice, carol, hall):
    sanctions.mute(alice, hall, carol, duration=None, reason="spam")
    assert not place(carol, hall).is_current
    joining.join(carol, hall)
    assert (place(carol, hall).is_current, place(carol, hall).is_muted) == (True, True)


def test_new_accounts_join_the_default_rooms(alice, hall, ops, django_assert_num_queries):
    say(alice, hall)
    Room.objects.filter(slug__in=["hall", "ops", "lobby"]).update(is_default=True)
    Room.objects.filter(slug="lobby").update(archived_at=timezone.now())
    for newcomer in (sign_up("dora", PASSWORD), join_as_guest("emil")):
        assert {it.room.slug: it.read_seq for it in newcomer.memberships.select_related("room")} == {"hall": 1}
    assert not join_plainly("frank").memberships.exists()


def test_api_of_a_membership(alice, carol, hall, program):
    client = program(carol)
    address = f"/api/rooms/{hall.slug}/membership/"
    answer = client.put(address, {"starred": True, "level": "nothing"}, content_type="application/json")
    assert answer.json()["membership"] | {"joined_at": ""} == {
        "room": "hall",
        "role": "member",
        "joined_at": "",
        "starred": True,
        "level": "nothing",
        "read": 0,
        "floor": 0,
        "closed": False,
    }
    assert client.put(address, {}, content_type="application/json").json()["membership"]["starred"] is True
    for _ in range(2):
        assert client.delete(address).status_code == 204
    assert client.get("/api/rooms/hall/").json()["room"]["unread"] == 0
    assert program(alice).delete(address).json()["error"]["code"] == "conflict"

"""Messages from before someone joined, in a private room that hides them from new members."""

import pytest

from chat.actions import administration, joining, sanctions
from chat.actions.reports import Resolution, report, resolve
from chat.actions.room_settings import change_room
from chat.errors import ActionError
from chat.models import Membership, Person, Report, Room
from chat.models.rooms import RoomHead
from chat.protocol import Code
from tests.cast import PASSWORD, say

SECRET = "needle of the past"
# Everything that a member can read about a room.
ADDRESSES = [
    "/rooms/ops/",
    "/api/rooms/",
    "/api/rooms/ops/",
    "/api/rooms/ops/messages/",
    "/api/rooms/ops/messages/?before=9",
    "/api/rooms/ops/messages/?after=0",
    "/api/rooms/ops/messages/?around=1",
    "/api/rooms/ops/messages/1/reactions/",
    "/api/search/?q=needle",
    "/search/?q=needle",
    "/api/search/?q=needle&room=ops",
    "/api/activity/",
    "/activity/",
    "/api/bookmarks/",
    "/saved/",
    "/api/unread/",
    "/accounts/data/",
]


def floor_of(person, room):
    return Membership.objects.get(person=person, room=room).floor_seq


def add(person, room, by):
    """Add someone as the admin does, to the room as it is stored now."""
    return administration.add_member(person, Room.objects.get(pk=room.pk), by=by)


@pytest.fixture
def secretive(alice, bob, ops):
    say(alice, ops, f"@carol {SECRET}")
    change_room(ops, {"history": "joined"}, by=alice)
    return ops


def test_a_newcomer_gets_not_a_byte_of_what_was_written_before(signed_in, alice, carol, secretive):
    add(carol, secretive, alice)
    say(alice, secretive, "hello @carol, needle of today", reply_to=1)
    browser = signed_in(carol)
    found = {}
    for address in ADDRESSES:
        answer = browser.get(address)
        found[address] = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert [address for address, content in found.items() if SECRET.encode() in content] == []
    assert b"of today" in found["/search/?q=needle"]
    assert "You see messages since you joined." in found["/rooms/ops/"].decode()


def test_the_floor_is_the_end_of_the_log_when_someone_joins(alice, bob, carol, secretive):
    assert floor_of(bob, secretive) is None, "he was there before"
    add(carol, secretive, alice)
    assert floor_of(carol, secretive) == 2
    joining.leave(bob, secretive)
    say(alice, secretive)
    add(bob, secretive, alice)
    assert floor_of(bob, secretive) == 3, "also what he saw before he left"


def test_a_later_change_of_the_setting_concerns_later_newcomers(alice, bob, carol, secretive):
    add(carol, secretive, alice)
    change_room(secretive, {"history": "all"}, by=alice)
    sanctions.close_membership(alice, secretive, bob)
    add(bob, secretive, alice)
    assert (floor_of(carol, secretive), floor_of(bob, secretive)) == (2, None)


def test_a_public_room_hides_nothing(alice, bob, carol, secretive, signed_in):
    add(carol, secretive, alice)
    joining.leave(carol, secretive)
    change_room(secretive, {"visibility": "public"}, by=alice)
    assert not Membership.objects.exclude(floor_seq=None).exists()
    assert SECRET in signed_in(carol).get("/rooms/ops/").text
    joining.join(carol, Room.seen_by(carol, "ops"))
    assert floor_of(carol, secretive) is None


def test_a_new_moderator_neither_reads_nor_decides_a_report_of_an_earlier_message(
    signed_in, alice, bob, carol, secretive
):
    say(bob, secretive, SECRET)
    report(alice, secretive, 3, "Rude")
    add(carol, secretive, alice)
    sanctions.give_role(alice, secretive, carol, "moderator")
    say(bob, secretive, "needle of today")
    report(alice, secretive, 4, "Also rude")
    found = {person.name: signed_in(person).get("/api/rooms/ops/reports/").text for person in (alice, carol)}
    assert ("Also rude" in found["carol"], SECRET in found["carol"], SECRET in found["alice"]) == (True, False, True)
    earlier, later = Report.objects.order_by("pk")
    dismissed, carol_of = Resolution(Report.Outcome.DISMISSED), Room.seen_by(carol, "ops")
    with pytest.raises(ActionError) as refusal:
        resolve(carol, carol_of, earlier.pk, dismissed)
    assert refusal.value.code is Code.NOT_FOUND
    assert (resolve(carol, carol_of, later.pk, dismissed), resolve(alice, secretive, earlier.pk, dismissed)) == (1, 1)


def test_staff_decide_every_report_since_the_admin_shows_them(alice, bob, secretive):
    say(bob, secretive, SECRET)
    report(alice, secretive, 3, "Rude")
    chief = Person.objects.create_superuser("chief", PASSWORD)
    add(chief, secretive, alice)
    assert resolve(chief, secretive, Report.objects.get().pk, Resolution(Report.Outcome.DISMISSED)) == 1


def test_someone_who_was_removed_and_unbanned_begins_anew(alice, bob, secretive):
    sanctions.mute(alice, secretive, bob, duration=None, reason="")
    sanctions.close_membership(alice, secretive, bob)
    say(alice, secretive, "while bob was away")
    sanctions.unban(alice, secretive, bob)
    own = Membership.objects.get(person=bob, room=secretive)
    assert (own.is_current, own.is_muted, own.closed_at) == (True, True, None)
    assert own.floor_seq == RoomHead.objects.get(pk=secretive.pk).seq


def test_floors_end_in_the_transaction_that_makes_the_room_public(alice, carol, secretive, published):
    add(carol, secretive, alice)
    published.clear()
    change_room(secretive, {"visibility": "public"}, by=alice)
    moved = [event["memberships"] for event in published if event["type"] == "worker.moved" and "memberships" in event]
    assert moved == [[[carol.pk, secretive.pk]]]


def test_a_change_of_role_hides_nothing_more(alice, carol, secretive):
    add(carol, secretive, alice)
    say(alice, secretive)
    sanctions.give_role(alice, secretive, carol, "owner")
    assert floor_of(carol, secretive) == 2

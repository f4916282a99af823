"""The people whom a message in another room alerts, and the source of the message."""

import itertools
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from chat import history, protocol
from chat.actions import sanctions
from chat.actions.accounts import join_as_guest
from chat.actions.room_settings import change_room
from chat.actions.rooms import create_room
from chat.delivery.presence.alerts import Alerts
from chat.delivery.segment import LogSegment
from chat.models import Membership, Message, Room
from chat.models.rooms import RoomAccess
from tests.cases import each
from tests.cast import ask, say
from tests.simulated_counts import Database, Process, finished

pytestmark = pytest.mark.django_db


def alerts_for(message, *people, feeds=None):
    """Return the messages of the alerts and the ids of their readers, if all these people were to be alerted."""
    wanted = {(message.room_id, message.seq): [person.pk for person in people]}
    frames = finished(Alerts(SimpleNamespace(feeds=feeds or {}), Database()).frames(wanted))
    return [(json.loads(frame.text), frame.people) for frame in frames]


def test_alert_has_the_message_as_changes_have_it(alice, bob, ops):
    message = say(alice, ops, "look at *this*")
    [(frame, people)] = alerts_for(message, bob)
    [(_, stored)] = history.changes_after(ops.pk, 0, 10).entries
    assert frame == {"type": "alert", "room": "ops", "message": json.loads(stored)}
    assert people == [bob.pk]


def test_only_readers_of_the_room_are_alerted_even_if_the_broadcast_about_a_ban_was_lost(alice, bob, carol, hall, ops):
    for room in (hall, ops):
        message = say(alice, room)
        sanctions.ban(alice, room, bob, reason="")
        readers = [people for _, people in alerts_for(message, alice, bob, carol)]
        assert readers == [[carol.pk] if room is hall else []]  # and never the author


def test_no_alert_for_a_message_that_was_deleted_or_is_old(alice, bob, ops):
    deleted, old = say(alice, ops), say(alice, ops)
    ask(alice, ops, protocol.Delete(seq=deleted.seq))
    Message.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(minutes=16))
    assert alerts_for(deleted, bob) == alerts_for(old, bob) == []


def test_no_alert_for_a_note_of_the_site(alice, bob, ops):
    change_room(ops, {"topic": "New"}, by=alice)
    assert alerts_for(Message.objects.get(room=ops), bob) == []


def test_message_of_an_open_room_comes_from_memory(alice, bob, ops):
    message = say(alice, ops, "from memory")
    feeds = {ops.pk: SimpleNamespace(ring=LogSegment.of(history.changes_after(ops.pk, 0, 10)))}
    Message.objects.filter(pk=message.pk).update(body="from the database")
    [(frame, _)] = alerts_for(message, bob, feeds=feeds)
    assert frame["message"]["body"] == "from memory"


STATES = {
    "current": {},
    "current, above a floor": {"floor_seq": 5},
    "left": {"left_at": timezone.now()},
    "banned": {"banned_at": timezone.now()},
    "removed": None,
}


@each("visibility", ["public", "private", "direct"])
def test_no_one_is_alerted_who_cannot_read_the_room_whatever_a_process_knows(alice, visibility):
    """Compare with the access rule. With `is_stale`, everyone was a member when the process read their memberships."""
    room = create_room(alice, "Garden", visibility="private")
    key = "1,2" if visibility == "direct" else None
    Room.objects.filter(pk=room.pk).update(visibility=visibility, direct_key=key)
    room.refresh_from_db()
    for is_stale, (state, fields) in itertools.product([False, True], STATES.items()):
        person = join_as_guest(f"{state} {is_stale}".replace(",", ""))
        membership = Membership.objects.create(person=person, room=room, read_seq=room.head.seq)
        process = Process()
        process.open(person.pk, -1)
        if is_stale:
            process.refresh()
        if fields is None:
            membership.delete()
        else:
            Membership.objects.filter(pk=membership.pk).update(**fields)
        process.refresh()
        message = say(alice, room)
        process.counts.take({"type": "worker.moved", "heads": [[room.pk, message.seq]]})
        process.refresh()
        wanted = [person for room_id, seq, person in process.alerts]
        told = [it for _, people in alerts_for(message, person) for it in people] if wanted else []
        row = Membership.objects.filter(person=person, room=room).first()
        access = RoomAccess.of(room, row)
        may_read = access is not None and message.seq > access.floor_seq
        assert not told or may_read, state
        assert told or state != "current"
        room.refresh_from_db()

"""The cursors of a follower, and whom the follower of notices makes due."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import protocol
from chat.actions import retention
from chat.actions.direct import open_conversation
from chat.actions.followers import cursors
from chat.actions.followers import notices as follower
from chat.actions.followers.cursors import CursorLost
from chat.actions.imports.messages import Entry, import_history
from chat.actions.retention import ExpiredMessages
from chat.actions.rooms import create_room
from chat.models import (
    FollowerCursor,
    Job,
    Level,
    Membership,
    NotificationChannel,
    Person,
    Presence,
    Worker,
)
from tests.cases import each
from tests.cast import ask, say
from tests.notices.run import MAIL, PUSH, channel, follow, later

NAME = follower.NAME


def due():
    """Return when people are due, by their name and the kind of the channel."""
    return {(it.person.name, it.kind): it.due_at for it in NotificationChannel.objects.exclude(due_at=None)}


def cursor(room):
    return FollowerCursor.objects.values_list("rev", "seq").get(follower=NAME, room=room)


# ---- Cursors


def test_a_follower_begins_at_the_heads_and_then_reads_every_change_once(alice, bob, hall):
    say(alice, hall, "before")
    cursors.start(NAME)
    assert (cursor(hall), cursors.behind(NAME)) == ((1, 1), {})
    second = say(alice, hall, "second")
    ask(alice, hall, protocol.Edit(seq=1, body="edited"))
    assert cursors.behind(NAME) == {hall.pk: 2}
    step = cursors.next_step(NAME, hall.pk)
    assert [(it.seq, step.is_new(it)) for it in step.changes] == [(second.seq, True), (1, False)]
    cursors.finish(step, list)
    assert (cursor(hall), cursors.behind(NAME), cursors.next_step(NAME, hall.pk)) == ((3, 2), {}, None)
    cursors.start(NAME)
    assert cursor(hall) == (3, 2)


def test_a_room_that_was_created_later_is_read_from_its_beginning(alice, now):
    room = create_room(alice, "New")
    assert cursors.behind(NAME) == {}
    say(alice, room)
    step = cursors.next_step(NAME, room.pk)
    assert (step.before, step.after, len(step.changes)) == ((0, 0), (1, 1), 1)
    cursors.finish(step, list)
    assert cursor(room) == (1, 1)


def test_a_step_has_a_limit_and_loses_no_message_that_was_edited_meanwhile(alice, hall, now, monkeypatch):
    monkeypatch.setattr(cursors, "CHANGES_AT_ONCE", 2)
    for _ in range(4):
        say(alice, hall)
    ask(alice, hall, protocol.Edit(seq=1, body="edited"))
    read = []
    while step := cursors.next_step(NAME, hall.pk):
        read.append([(it.seq, step.is_new(it)) for it in step.changes])
        cursors.finish(step, list)
    assert read == [[(2, True), (3, True)], [(4, True), (1, True)]]
    assert cursor(hall) == (5, 4)


def test_of_two_processes_one_moves_the_cursor_and_the_other_writes_nothing(alice, bob, hall, now):
    say(alice, hall)
    first, second = (cursors.next_step(NAME, hall.pk) for _ in range(2))
    cursors.finish(first, list)
    with pytest.raises(CursorLost):
        cursors.finish(second, hall.memberships.all().delete)
    assert hall.memberships.exists()


def test_what_fails_leaves_the_cursor_where_it_was(alice, hall, now):
    say(alice, hall)
    step = cursors.next_step(NAME, hall.pk)
    with pytest.raises(ZeroDivisionError):
        cursors.finish(step, lambda: 1 / 0)
    assert cursors.next_step(NAME, hall.pk) == step


def test_removed_messages_and_a_raised_floor_do_not_stop_it(alice, hall, now):
    for _ in range(3):
        say(alice, hall)
    later(days=10)
    cutoff = now - timedelta(days=5)
    assert retention.prune(ExpiredMessages(hall, cutoff)) == 3
    follow(now)
    assert (cursors.behind(NAME), cursor(hall)[1]) == ({}, 3)
    say(alice, hall)
    follow(now)
    assert cursors.behind(NAME) == {}


def test_cursors_skip_messages_only_while_nobody_wants_notices(alice, bob, hall, now):
    say(alice, hall)
    follower.skip_if_unwanted()
    assert cursor(hall) == (1, 1)
    channel(bob, MAIL, Level.NOTHING)
    say(alice, hall)
    follower.skip_if_unwanted()
    assert cursor(hall) == (2, 2)
    NotificationChannel.objects.update(level=Level.MENTIONS)
    say(alice, hall)
    follower.skip_if_unwanted()
    assert cursor(hall) == (2, 2)


# ---- Whom it makes due


def test_a_mention_makes_an_email_and_a_push_due_and_a_plain_message_only_a_push_for_all(alice, bob, hall, now):
    channel(bob, MAIL)
    channel(bob, PUSH, Level.ALL)
    say(alice, hall, "plain")
    follow(now)
    assert due() == {("bob", PUSH): now}
    say(alice, hall, "@bob")
    follow(now)
    assert due() == {("bob", PUSH): now, ("bob", MAIL): now + timedelta(minutes=15)}


def test_someone_who_is_connected_anywhere_gets_a_push_20_seconds_later(alice, bob, hall, ops, now):
    channel(bob, PUSH)
    Presence.objects.create(worker=Worker.objects.create(), room=ops, person=bob)
    say(alice, hall, "@bob")
    follow(now)
    assert due() == {("bob", PUSH): now + timedelta(seconds=20)}


def test_an_earlier_time_stays_and_a_later_one_moves_forward(alice, bob, hall, now):
    kept = channel(bob, MAIL, due_at=now + timedelta(minutes=3))
    say(alice, hall, "@bob")
    follow(now)
    assert due() == {("bob", MAIL): kept.due_at}
    NotificationChannel.objects.update(due_at=now + timedelta(hours=3))
    say(alice, hall, "@bob")
    follow(now)
    assert due() == {("bob", MAIL): now + timedelta(minutes=15)}


def test_a_direct_message_and_a_reply_make_it_due(alice, bob, hall, now):
    channel(bob, PUSH)
    talk, _ = open_conversation(alice, [bob.pk], "")
    say(alice, talk, "hi")
    follow(now)
    assert due() == {("bob", PUSH): now}
    NotificationChannel.objects.update(due_at=None)
    mine = say(bob, hall, "mine")
    follow(now)
    assert due() == {}
    say(alice, hall, "yes", reply_to=mine.seq)
    follow(now)
    assert due() == {("bob", PUSH): now}


def test_everyone_in_the_room_is_made_due_in_pages(alice, bob, carol, hall, now, monkeypatch):
    monkeypatch.setattr(follower, "PEOPLE_AT_ONCE", 2)
    people = [Person.objects.create_user(f"member {number}", None) for number in range(5)]
    Membership.objects.bulk_create([Membership(room=hall, person=person) for person in people])
    for person in [*people, carol]:
        channel(person, PUSH)
    say(alice, hall, "@room")
    step = cursors.next_step(NAME, hall.pk)
    first = follower.plan(step, now)
    follower.write(step, first)
    assert (len(due()), first.first_due) == (2, now)
    assert cursors.next_step(NAME, hall.pk) == step, "the cursor moves with the last page"
    follow(now)
    assert sorted(due()) == [(person.name, PUSH) for person in people]
    assert cursors.behind(NAME) == {}


def silence(**fields):
    return lambda bob, hall: Membership.objects.filter(person=bob, room=hall).update(**fields)


UNREACHABLE = [
    lambda bob, hall: NotificationChannel.objects.update(level=Level.NOTHING),
    lambda bob, hall: bob.push_subscriptions.all().delete() and Person.objects.update(email_verified_at=None),
    lambda bob, hall: Person.objects.filter(pk=bob.pk).update(is_active=False),
    lambda bob, hall: Membership.objects.filter(person=bob).delete(),
    silence(notify=Level.NOTHING),
    silence(left_at="2026-01-01T00:00Z"),
    silence(banned_at="2026-01-01T00:00Z"),
]


@each("change", UNREACHABLE)
def test_nobody_is_made_due_who_cannot_be_told(alice, bob, hall, now, change):
    channel(bob, MAIL, Level.ALL)
    channel(bob, PUSH, Level.ALL)
    say(alice, hall, "@bob")
    change(bob, hall)
    follow(now)
    assert due() == {}


def test_a_late_edit_and_a_restored_or_imported_message_make_nobody_due(alice, bob, hall, now):
    channel(bob, MAIL, Level.ALL)
    channel(bob, PUSH, Level.ALL)
    say(alice, hall, "plain")
    follow(now)
    NotificationChannel.objects.update(due_at=None)
    later(minutes=16)
    ask(alice, hall, protocol.Edit(seq=1, body="@bob"))
    ask(alice, hall, protocol.React(seq=1, emoji="👍", on=True))
    import_history(hall, [Entry(alice, "@bob", now)])
    follow(now)
    assert due() == {}


def test_an_edit_that_soon_adds_a_mention_makes_it_due(alice, bob, hall, now):
    channel(bob, MAIL)
    say(alice, hall, "plain")
    follow(now)
    assert due() == {}
    ask(alice, hall, protocol.Edit(seq=1, body="@bob"))
    follow(now)
    assert set(due()) == {("bob", MAIL)}


# ---- Costs


def statements(function, *arguments):
    with CaptureQueriesContext(connection) as queries:
        function(*arguments)
    return len(queries)


def test_a_post_costs_no_statement_and_no_row_more_when_people_want_notices(alice, bob, hall, now):
    say(alice, hall, "@bob")
    before = statements(say, alice, hall, "@bob")
    channel(bob, MAIL, Level.ALL)
    channel(bob, PUSH, Level.ALL)
    cursors_before = list(FollowerCursor.objects.order_by("pk").values())
    assert statements(say, alice, hall, "@bob") == before
    assert (due(), Job.objects.count()) == ({}, 0)
    assert list(FollowerCursor.objects.order_by("pk").values()) == cursors_before


def test_a_step_takes_as_many_statements_for_any_number_of_people(alice, bob, hall, now):
    say(alice, hall)
    follow(now)
    counts = []
    for number in range(2):
        for index in range(1 + 30 * number):
            person = Person.objects.create_user(f"member {number} {index}", None)
            Membership.objects.create(room=hall, person=person)
            channel(person, PUSH, Level.ALL)
        say(alice, hall, "plain")
        counts.append(statements(follow, now))
    # All rooms behind, the step, its rows, mentions, whether it is direct, channels, and three to write in a
    # transaction with a savepoint of the test. Then the next step.
    assert counts[0] == counts[1] <= 12


def test_a_site_where_nobody_wants_notices_only_moves_cursors(alice, bob, hall, now):
    say(alice, hall, "plain")
    assert statements(follow, now) <= 11
    assert due() == {}

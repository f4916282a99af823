"""Reading a room's log while others write to it."""

import json

import pytest
from django.db import transaction

from chat import broadcast, history, protocol, serializers
from chat.actions.accounts import save, take_name
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.protocol import Cursor
from tests.cases import each
from tests.cast import say


def caught_up(room, rev=0, limit=1000):
    """Read until the end. Return the messages of a client that was at `rev`, seq to (rev, body), and its position."""
    rows, pages = {}, 0
    while True:
        page = history.changes_after(room.pk, rev, limit)
        pages += 1
        for _, encoded in page.entries:
            message = json.loads(encoded)
            assert message["rev"] > rows.get(message["seq"], (0,))[0]
            rows[message["seq"]] = (message["rev"], message["body"])
        rev = page.rev
        if rev == page.head.rev:
            return rows, rev, pages


def stored(room):
    return {seq: (rev, body) for seq, rev, body in room.messages.values_list("seq", "rev", "body")}


def edit(person, room, seq, body):
    execute(Request(person.pk, room.pk, protocol.Edit(seq=seq, body=body)))


@pytest.mark.parametrize("moment", ["before the head is read", "after the head was read"])
def test_write_during_a_page_read_is_in_the_page_or_in_the_next_changes(alice, hall, monkeypatch, moment):
    for number in range(5):
        say(alice, hall, f"message {number}")
    read_head, writes = history.head, [lambda: edit(alice, hall, 2, "edited"), lambda: say(alice, hall, "new")]

    def others_write():
        while writes:
            writes.pop()()

    def head(room_id):
        if moment.startswith("before"):
            others_write()
        found = read_head(room_id)
        others_write()
        return found

    monkeypatch.setattr(history, "head", head)
    rows, rev, _ = caught_up(hall)
    monkeypatch.undo()
    more, rev, _ = caught_up(hall, rev)
    assert rows | more == stored(hall)
    assert rev == 7


@each(
    ("cursor", "can_be_resumed"),
    [
        (Cursor("e", 7, 40), True),
        (Cursor("e", 7, 30), True),
        (Cursor("e", 7, 29), False),
        (Cursor("e", 7, 41), False),
        (Cursor("f", 7, 40), False),
        (Cursor("e", 8, 40), False),
    ],
)
def test_a_cursor_can_be_resumed_between_the_floor_and_the_head_of_its_own_log(cursor, can_be_resumed):
    head = history.Head("e", 7, seq=20, rev=40, floor_rev=30)
    assert head.can_resume(cursor, limit=1000) is can_be_resumed
    assert not head.can_resume(Cursor("e", 7, 30), limit=9)


@each("limit", [1, 2, 3, 10])
def test_full_page_reaches_exactly_its_last_row(alice, hall, limit):
    for number in range(7):
        say(alice, hall, f"message {number}")
    edit(alice, hall, 1, "edited")
    rows, rev, pages = caught_up(hall, limit=limit)
    assert (rows, rev) == (stored(hall), 8)
    assert pages >= 7 / limit


def test_a_page_is_bounded_by_bytes_too(alice, hall, monkeypatch):
    for _ in range(10):
        say(alice, hall, "x" * 1000)
    monkeypatch.setattr(history, "PAGE_BYTES", 6000)
    rows, _, pages = caught_up(hall)
    assert rows == stored(hall)
    assert pages > 3
    newest = history.newest(hall.pk, 10)
    assert (len(newest.entries) < 5, newest.rev) == (True, 10)


def test_history_is_pages_in_order_with_the_cursor_to_follow_from(alice, hall):
    for number in range(10):
        say(alice, hall, f"message {number}")

    def seqs(**window):
        page = history.page(hall, limit=4, **window)
        assert page.cursor == history.head(hall.pk).cursor
        assert page.newest == 10
        return [message.seq for message in page.messages], page.more, page.goes_on

    assert seqs() == ([7, 8, 9, 10], True, False)
    assert seqs(before=7) == ([3, 4, 5, 6], True, True)
    assert seqs(before=3) == ([1, 2], False, True)
    assert seqs(after=8) == ([9, 10], False, False)
    assert seqs(after=2) == ([3, 4, 5, 6], True, True)
    assert seqs(around=5) == ([3, 4, 5, 6], True, True)
    assert seqs(around=9) == ([7, 8, 9, 10], True, False)
    assert seqs(around=2) == ([1, 2, 3], False, True)
    assert seqs(around=99) == ([9, 10], True, False)


def test_newest_of_a_page_is_never_before_its_last_message(alice, hall, monkeypatch):
    say(alice, hall)
    read_head = history.head

    def head(room_id):
        found = read_head(room_id)
        say(alice, hall)
        return found

    monkeypatch.setattr(history, "head", head)
    page = history.page(hall)
    assert [message.seq for message in page.messages] == [1, 2]
    assert (page.newest, page.cursor.rev) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_events_are_published_only_after_the_commit(alice, hall, monkeypatch):
    told = []
    monkeypatch.setattr(broadcast, "_send", lambda event: told.append(event["type"]))

    class Interruption(Exception):
        pass

    def say_and_fail():
        with transaction.atomic():
            say(alice, hall)
            assert told == []
            raise Interruption

    with pytest.raises(Interruption):
        say_and_fail()
    assert told == []
    say(alice, hall)
    assert "room.changes" in told


def test_page_is_serialized_without_further_queries(alice, hall, django_assert_num_queries):
    for _ in range(3):
        say(alice, hall)
    with django_assert_num_queries(4):  # epoch, head, messages, reactions
        page = history.page(hall)
    assert [(it.author.name, it.author.guest, it.author.color) for it in page.messages] == [("alice", False, None)] * 3


def test_page_of_messages_matches_the_database_after_each_change(alice, bob, hall):
    """Each is made once of its row: another row is another message, and reactions are none of it."""

    def newest():
        [message] = history.page(hall).messages
        return message.body, message.author.name, [(it.emoji, it.people) for it in message.reactions], message.deleted

    say(alice, hall, "first words")
    assert newest() == newest() == ("first words", "alice", [], False)
    for person, on, people in ((bob, True, [bob.pk]), (alice, True, [bob.pk, alice.pk]), (bob, False, [alice.pk])):
        execute(Request(person.pk, hall.pk, protocol.React(seq=1, emoji="👍", on=on)))
        assert newest() == ("first words", "alice", [("👍", people)], False)
    edit(alice, hall, 1, "second thoughts")
    take_name(alice, "alicia")
    save(alice)
    assert newest() == ("second thoughts", "alicia", [("👍", [alice.pk])], False)
    execute(Request(alice.pk, hall.pk, protocol.Delete(seq=1)))
    assert newest() == ("", "alicia", [], True)


def test_message_is_serialized_once_per_row(alice, hall, monkeypatch):
    say(alice, hall)
    made, make = [], serializers.message
    monkeypatch.setattr(serializers, "message", lambda row: made.append(row) or make(row))
    assert history.page(hall).messages == history.page(hall).messages
    assert len(made) == 1

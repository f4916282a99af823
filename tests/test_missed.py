"""The messages that a person has missed: unread now, readable, and worth a notification."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import protocol
from chat.actions import blocks, joining
from chat.actions.direct import open_conversation
from chat.actions.imports.messages import Entry, import_history
from chat.db import compiled_queries
from chat.missed import LEVELS, MissedRoom, lower_level, missed, places
from chat.models import Level, Membership, Mention, NotificationChannel, Person
from tests.cases import each
from tests.cast import ask, say

MAIL, PUSH = NotificationChannel.Kind
NAME, ROOM, REPLY = Mention.Cause


@pytest.fixture
def asked(bob):
    """The level of bob's emails. For pushes, the level without a row counts."""
    return NotificationChannel.objects.create(person=bob, kind=MAIL, level=Level.MENTIONS)


def in_place(person, room, kind=MAIL, after=0, up_to=1000, **options):
    return missed(person, [(room.pk, after, up_to)], kind, **options)


def seqs(found: list[MissedRoom]):
    return {it.room.slug: [message.seq for message in it.messages] for it in found}


def level_in(room, person, level):
    Membership.objects.filter(room=room, person=person).update(notify=level)


def test_a_missed_message_has_its_room_author_text_and_cause(alice, bob, hall, asked):
    say(alice, hall, "nothing for bob")
    mine = say(bob, hall, "mine")
    say(alice, hall, "*look* @bob")
    say(alice, hall, "yes", reply_to=mine.seq)
    [found] = in_place(bob, hall)
    assert (found.room.name, found.count, found.last_seq, found.is_personal) == ("Hall", 2, 4, True)
    assert [(it.seq, it.author, it.text, it.cause) for it in found.messages] == [
        (3, "alice", "*look* @bob", NAME),
        (4, "alice", "yes", REPLY),
    ]


def test_the_last_messages_of_a_room_are_listed_and_all_are_counted(alice, bob, hall, asked):
    for number in range(4):
        say(alice, hall, f"@bob {number}")
    [found] = in_place(bob, hall, limit=2)
    assert ([it.text for it in found.messages], found.count) == (["@bob 2", "@bob 3"], 4)


def test_a_direct_message_is_missed_and_its_room_has_the_name_of_the_other_person(alice, bob, asked):
    room, _ = open_conversation(alice, [bob.pk], "")
    say(alice, room, "hi")
    [found] = in_place(bob, room)
    assert (found.room.name, found.messages[0].cause, found.is_personal) == ("alice", None, True)


# (the level of the channel, that of the room, whether a plain message, a mention and a direct message are missed)
LEVEL_CASES = [
    (Level.ALL, None, "all"),
    (Level.ALL, Level.ALL, "all"),
    (Level.ALL, Level.MENTIONS, "mention"),
    (Level.ALL, Level.NOTHING, ""),
    (Level.MENTIONS, Level.ALL, "mention"),
    (Level.MENTIONS, Level.MENTIONS, "mention"),
    (Level.MENTIONS, Level.NOTHING, ""),
    (Level.NOTHING, Level.ALL, ""),
]


@each("channel, level, expected", LEVEL_CASES)
def test_the_lower_level_of_the_channel_and_the_room_counts(alice, bob, hall, asked, channel, level, expected):
    NotificationChannel.objects.update(level=channel)
    level_in(hall, bob, level)
    talk, _ = open_conversation(alice, [bob.pk], "")
    level_in(talk, bob, level)
    say(alice, hall, "plain")
    say(alice, hall, "@bob")
    say(alice, talk, "hi")
    found = seqs(missed(bob, places(bob, MAIL), MAIL))
    assert found.get("hall", []) == {"all": [1, 2], "mention": [2], "": []}[expected]
    assert found.get(talk.slug, []) == ([1] if expected else [])


def test_without_a_channel_nothing_is_mailed_and_every_message_is_pushed(alice, bob, hall):
    say(alice, hall, "plain")
    assert (in_place(bob, hall), places(bob, MAIL)) == ([], [])
    assert seqs(in_place(bob, hall, PUSH)) == {"hall": [1]}
    Person.objects.filter(pk=bob.pk).update(notify=Level.MENTIONS)
    bob.refresh_from_db()
    assert (in_place(bob, hall, PUSH), places(bob, PUSH)) == ([], [])


def test_a_mention_of_everyone_is_missed_by_each_member_but_its_author(alice, bob, carol, hall, asked):
    NotificationChannel.objects.create(person=alice, kind=MAIL)
    NotificationChannel.objects.create(person=carol, kind=MAIL)
    say(alice, hall, "@room look")
    assert [it.messages[0].cause for it in in_place(bob, hall)] == [ROOM]
    assert (in_place(alice, hall), in_place(carol, hall)) == ([], [])


def read(alice, bob, hall, message):
    ask(bob, hall, protocol.Read(seq=message.seq))


def delete(alice, bob, hall, message):
    ask(alice, hall, protocol.Delete(seq=message.seq))


def edit(alice, bob, hall, message):
    ask(alice, hall, protocol.Edit(seq=message.seq, body="no one"))


def block(alice, bob, hall, message):
    blocks.block(bob, alice.pk)


def leave(alice, bob, hall, message):
    joining.leave(bob, hall)


def member_with(**fields):
    def change(alice, bob, hall, message):
        Membership.objects.filter(room=hall, person=bob).update(**fields)

    change.__name__ = ",".join(fields)
    return change


def deactivate(alice, bob, hall, message):
    bob.is_active = False


@each(
    "change",
    [
        read,
        delete,
        edit,
        block,
        leave,
        deactivate,
        member_with(banned_at=timezone.now()),
        member_with(floor_seq=2),
        member_with(notify=Level.NOTHING),
    ],
)
def test_what_was_read_hidden_or_turned_off_since_is_not_missed(alice, bob, hall, asked, change):
    say(alice, hall, "first")
    message = say(alice, hall, "@bob")
    [place] = places(bob, MAIL)
    assert seqs(missed(bob, [place], MAIL)) == {"hall": [2]}
    change(alice, bob, hall, message)
    assert missed(bob, [place], MAIL) == []


def test_a_deleted_message_is_not_missed_by_someone_who_wants_all(alice, bob, hall):
    for _ in range(2):
        say(alice, hall, "plain")
    ask(alice, hall, protocol.Delete(seq=1))
    assert seqs(in_place(bob, hall, PUSH)) == {"hall": [2]}


def test_only_the_messages_of_a_place_are_missed(alice, bob, hall, asked):
    for _ in range(4):
        say(alice, hall, "@bob")
    assert seqs(in_place(bob, hall, after=1, up_to=3)) == {"hall": [2, 3]}
    ask(bob, hall, protocol.Read(seq=2))
    assert seqs(in_place(bob, hall, after=1, up_to=3)) == {"hall": [3]}


def test_imported_messages_and_notes_are_not_missed(alice, bob, hall, asked):
    NotificationChannel.objects.update(level=Level.ALL)
    import_history(hall, [Entry(alice, "@bob", timezone.now())])
    hall.messages.create(seq=2, rev=2, body="note", html="note", fingerprint="f")
    assert in_place(bob, hall) == []


def test_places_end_at_the_head_and_begin_after_what_was_read_or_told(alice, bob, hall, ops, asked):
    for room in (hall, ops):
        for _ in range(3):
            say(alice, room, "@bob")
    ask(bob, hall, protocol.Read(seq=1))
    Membership.objects.filter(room=ops, person=bob).update(mailed_seq=2)
    assert places(bob, MAIL) == [(hall.pk, 1, 3), (ops.pk, 2, 3)]
    assert places(bob, PUSH) == [(hall.pk, 1, 3), (ops.pk, 0, 3)]
    Membership.objects.filter(person=bob).update(mailed_seq=3)
    assert places(bob, MAIL) == []


def test_a_room_takes_one_compiled_statement(alice, bob, hall, ops, asked, monkeypatch):
    """And there are four others: twice the level of the channel, the places, and the memberships with their rooms."""
    for room in (hall, ops):
        say(alice, room, "@bob")
    assert len(missed(bob, places(bob, MAIL), MAIL)) == 2
    monkeypatch.setattr(compiled_queries, "Statement", None)  # so that no query is built
    with CaptureQueriesContext(connection) as queries:
        assert len(missed(bob, places(bob, MAIL), MAIL)) == 2
    assert len(queries) <= 6


def test_the_lower_level_is_the_one_that_notifies_less():
    assert [lower_level(one, other) for one in LEVELS for other in LEVELS] == [
        *("nothing", "nothing", "nothing"),
        *("nothing", "mentions", "mentions"),
        *("nothing", "mentions", "all"),
    ]

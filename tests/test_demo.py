"""The import of history, and the demo site that is made with it."""

import itertools
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Max

from chat import broadcast
from chat.actions.imports import messages as message_import
from chat.actions.imports.messages import Entry, import_history
from chat.actions.imports.people import MembershipImport, import_memberships, import_people
from chat.demo import Demo, fill
from chat.demo.corpus import load
from chat.errors import ActionError
from chat.models import Epoch, Mention, Message, Person, Reaction, Room, RoomHead
from chat.text.markdown import render
from tests.cases import each
from tests.cast import say

NOON = datetime(2025, 6, 4, 12, tzinfo=UTC)
SMALL = Demo(messages=300, people=6, rooms=3, seed=7)


@pytest.fixture(autouse=True)
def no_rooms(db: None) -> None:
    """Delete the lobby and its welcome message."""
    Message.objects.all().delete()
    Room.objects.all().delete()


def entries(author: Person, count: int) -> list[Entry]:
    return [Entry(author, f"number {number}", NOON + timedelta(minutes=number)) for number in range(count)]


def assert_log_is_whole(room: Room) -> None:
    head = RoomHead.objects.get(room=room)
    messages = Message.objects.filter(room=room).order_by("seq")
    assert [message.seq for message in messages] == list(range(1, head.seq + 1))
    assert len({message.rev for message in messages}) == head.seq
    assert head.rev >= (messages.aggregate(rev=Max("rev"))["rev"] or 0)
    assert all(message.reply_to is None or 0 < message.reply_to < message.seq for message in messages)


# ---- History


def test_import_appends_to_the_log(alice: Person, bob: Person, hall: Room) -> None:
    first = say(bob, hall, "here already")
    assert import_history(hall, entries(alice, 5)) == 5
    assert_log_is_whole(hall)
    assert first.seq == 1
    imported = Message.objects.filter(room=hall, author=alice).order_by("seq")
    assert [message.body for message in imported] == [f"number {number}" for number in range(5)]
    assert [message.created_at for message in imported] == [NOON + timedelta(minutes=number) for number in range(5)]


def test_imported_message_is_as_if_it_had_been_posted(alice: Person, bob: Person, hall: Room) -> None:
    body = "Hello @bob,\r\nsee **this** \u202e\0"
    import_history(hall, [Entry(alice, body, NOON, reactions=[(bob, "🎉")]), Entry(None, "the site", NOON)])
    posted = say(alice, hall, body)
    imported = Message.objects.get(room=hall, seq=1)
    assert (imported.body, imported.html) == (posted.body, posted.html)
    assert imported.client_id.version == 7
    assert imported.client_id.variant == uuid.RFC_4122
    assert list(Mention.objects.filter(room=hall, person=bob).values_list("seq", flat=True)) == [1, 3]
    assert list(Reaction.objects.values_list("message__seq", "person", "emoji")) == [(1, bob.pk, "🎉")]
    assert Message.objects.get(room=hall, seq=2).author is None


def test_imported_replies_find_their_originals_across_chunks_and_other_posts(
    alice: Person, bob: Person, hall: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_import, "CHUNK", 3)

    def stream() -> Any:
        for place, entry in enumerate(entries(alice, 8)):
            if place == 3:
                say(bob, hall, "in between")
            yield entry._replace(reply_to=place - 1 if place else None)

    import_history(hall, stream())
    assert_log_is_whole(hall)
    by_seq = {message.seq: message for message in Message.objects.filter(room=hall)}
    answered = {it.body: by_seq[it.reply_to].body for it in by_seq.values() if it.reply_to}
    assert answered == {f"number {number}": f"number {number - 1}" for number in range(1, 8)}


@each("reply_to", [1, 2, 99, -1])
def test_reply_must_be_to_an_earlier_entry(alice: Person, hall: Room, reply_to: int) -> None:
    refused = Entry(alice, "answer", NOON, reply_to=reply_to)
    with pytest.raises(ActionError):
        import_history(hall, [*entries(alice, 1), refused, *entries(alice, 3)])
    assert not Message.objects.filter(room=hall).exists()
    assert RoomHead.objects.get(room=hall).seq == 0


@pytest.mark.parametrize("bad", [{"body": " \n"}, {"body": "x" * 8001}, {"reactions": "alice"}])
def test_refused_entry_takes_its_chunk_with_it(
    alice: Person, hall: Room, bad: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_import, "CHUNK", 2)
    bad = {"reactions": [(alice, "no emoji")]} if "reactions" in bad else bad
    with pytest.raises(ActionError):
        import_history(hall, [*entries(alice, 3), Entry(alice, "fine", NOON)._replace(**bad)])
    assert_log_is_whole(hall)
    assert RoomHead.objects.get(room=hall).seq == 2


def test_room_was_last_active_when_its_newest_message_was_written(alice: Person, hall: Room, ops: Room) -> None:
    import_history(hall, entries(alice, 3))
    assert RoomHead.objects.get(room=hall).active_at == NOON + timedelta(minutes=2)
    now = say(alice, ops).created_at
    import_history(ops, entries(alice, 3))
    assert RoomHead.objects.get(room=ops).active_at == now


def test_each_chunk_is_broadcast_once(alice: Person, hall: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_import, "CHUNK", 2)
    published: list[broadcast.Event] = []
    monkeypatch.setattr(broadcast, "publish", published.append)
    import_history(hall, entries(alice, 3))
    epoch = Epoch.current()
    moved = [event for event in published if event["type"] == "room.moved"]
    assert moved == [broadcast.moved(hall.pk, epoch, 2), broadcast.moved(hall.pk, epoch, 3)]
    assert [event["heads"] for event in published if event not in moved] == [[[hall.pk, 2]], [[hall.pk, 3]]]


def test_read_position_only_moves_forward(alice: Person, bob: Person, carol: Person, hall: Room) -> None:
    import_memberships(hall, [MembershipImport(bob, read_seq=5), MembershipImport(carol, role="moderator", read_seq=2)])
    import_memberships(hall, [MembershipImport(bob, role="owner", read_seq=3)])
    places = hall.memberships.order_by("person__name").values_list("person__name", "role", "read_seq")
    assert list(places) == [("alice", "owner", 0), ("bob", "member", 5), ("carol", "moderator", 2)]


def test_people_are_found_again_and_no_account_is_taken_over(alice: Person) -> None:
    wanted = [("alice", "a@demo.invalid"), ("Αlice", "b@demo.invalid"), ("Wren", "w@demo.invalid")]
    [wren] = import_people(wanted, "demo")
    assert (wren.name, wren.check_password("demo")) == ("Wren", True)
    assert import_people(wanted, "other") == [wren]
    assert Person.objects.get(pk=wren.pk).check_password("demo")


# ---- The demo


def messages_of(room: Room) -> list[tuple[Any, ...]]:
    rows = Message.objects.filter(room=room).order_by("seq")
    return list(rows.values_list("seq", "author__name", "body", "reply_to", "created_at", "edited_at", "deleted_at"))


def test_demo_fills_every_log_without_a_hole(db: None) -> None:
    filled = fill(SMALL, until=NOON)
    assert [len(filled.people), len(filled.rooms)] == [6, 3]
    assert sum(len(messages_of(room)) for room in filled.rooms) == 300
    for room in filled.rooms:
        assert_log_is_whole(room)
        times = [time for *_, time, _, _ in messages_of(room)]
        assert times == sorted(times)
        assert NOON - timedelta(days=91) < times[0] < times[-1] <= NOON
        reads = room.memberships.values_list("read_seq", flat=True)
        assert 0 < max(reads) <= len(messages_of(room))


def test_demo_has_everything_that_a_page_can_show(db: None) -> None:
    fill(Demo(messages=600, people=6, rooms=3), until=NOON)
    messages = Message.objects.all()
    assert messages.exclude(reply_to=None).exists()
    assert messages.exclude(edited_at=None).exists()
    assert messages.exclude(deleted_at=None).exists()
    assert messages.filter(html__contains="<pre>").exists()
    assert messages.filter(html__contains="<a href").exists()
    assert Reaction.objects.exists()


def test_same_seed_gives_the_same_messages(db: None) -> None:
    fill(SMALL, until=NOON)
    once = {room.slug: messages_of(room) for room in Room.objects.all()}
    Reaction.objects.all().delete()
    Message.objects.all().delete()
    RoomHead.objects.update(seq=0, rev=0)
    fill(SMALL, until=NOON)
    assert {room.slug: messages_of(room) for room in Room.objects.all()} == once


def test_other_seed_gives_other_messages(db: None) -> None:
    lobby = fill(SMALL, until=NOON).rooms[0]
    said = [body for _, _, body, *_ in messages_of(lobby)]
    fill(replace(SMALL, seed=8), until=NOON)
    then = [body for _, _, body, *_ in messages_of(lobby)][len(said) :]
    assert then[:20] != said[:20]


def test_second_run_adds_to_the_same_rooms_and_people(db: None) -> None:
    first = fill(SMALL, until=NOON)
    second = fill(SMALL, until=NOON)
    assert second.rooms == first.rooms
    assert second.people == first.people
    assert sum(len(messages_of(room)) for room in first.rooms) == 600
    for room in first.rooms:
        assert_log_is_whole(room)


def test_more_rooms_and_people_than_there_are_words_for(db: None) -> None:
    filled = fill(Demo(messages=0, people=90, rooms=18), until=NOON)
    assert len({person.name for person in filled.people}) == 90
    assert len({room.slug for room in filled.rooms}) == 18


def test_command_reports_and_gives_a_password_in_development(db: None, settings: Any, capsys: Any) -> None:
    settings.DEBUG = True
    call_command("demo", messages=50, people=5, rooms=2, verbosity=0)
    assert "50 messages by 5 people in 2 rooms" in capsys.readouterr().out
    assert Person.objects.get(name="Ada").check_password("demo")


def test_command_refuses_a_real_site(db: None, settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("demo", messages=5)
    assert not Person.objects.exists()


def test_command_gives_no_password_on_a_real_site(db: None, settings: Any) -> None:
    settings.DEBUG = False
    call_command("demo", messages=5, people=5, rooms=2, verbosity=0, force=True)
    assert Person.objects.count() == 5
    assert not any(person.has_usable_password() for person in Person.objects.all())


def test_every_word_of_the_corpus_is_used_and_known() -> None:
    corpus = load()
    threads = list(itertools.chain.from_iterable(room.threads for room in corpus.rooms))
    assert {word for thread in threads for word in thread.words} == set(corpus.words)
    assert all(2 <= thread.speakers <= 4 or len(thread.lines) == 1 for thread in threads)


def test_code_of_the_corpus_is_rendered_as_code() -> None:
    lines = [line for room in load().rooms for thread in room.threads for line in thread.lines]
    fenced = ["".join(line.pieces) for line in lines if "```" in "".join(line.pieces)]
    assert fenced
    assert all("<pre><code" in render(body) for body in fenced)

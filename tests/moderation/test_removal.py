"""Deleting, restoring and erasing messages of others, one or many, in bounded batches with progress."""

import uuid

import pytest

from chat import history, protocol
from chat.actions import removal
from chat.actions.batch import Request
from chat.actions.imports.messages import Entry, import_history
from chat.actions.messages import execute
from chat.actions.removal import DELETE, ERASE, RESTORE, BulkRequest
from chat.actions.reports import report
from chat.errors import ActionError
from chat.models import AuditEntry, Mention, Message, Reaction, Report, RoomHead
from chat.protocol import Code, Cursor
from chat.search import index
from chat.search.query import Query
from tests.cast import ask, say


def ids(*messages):
    return [message.pk for message in messages]


def stored(message):
    return Message.objects.get(pk=message.pk)


def refusal_of(action, *arguments, **options):
    with pytest.raises(ActionError) as refused:
        action(*arguments, **options)
    return refused.value


def found(words, room):
    """Return the ids that the search index finds."""
    return index.newest(index.Lookup(Query.parse(words).terms, [room.pk]), 100)


def test_moderator_deletes_and_restores_messages_of_others(mona, bob, hall):
    message = say(bob, hall, "apple")
    assert removal.execute(DELETE, BulkRequest(mona, "Rude", hall), ids(message)) == 1
    assert stored(message).is_deleted
    assert removal.execute(DELETE, BulkRequest(mona, "Rude", hall), ids(message)) == 0
    assert removal.execute(RESTORE, BulkRequest(mona, "", hall), ids(message)) == 1
    assert (stored(message).is_deleted, stored(message).body) == (False, "apple")
    entries = AuditEntry.objects.order_by("pk").values_list(
        "action", "actor", "person", "room", "seq", "count", "reason"
    )
    assert list(entries) == [
        ("delete", "mona", "bob", "hall", 1, 1, "Rude"),
        ("restore", "mona", "bob", "hall", 1, 1, ""),
    ]


def test_only_staff_erase_and_only_moderators_delete(mona, bob, chief, hall):
    message = say(bob, hall)
    assert refusal_of(removal.execute, DELETE, BulkRequest(bob, "", hall), ids(message)).code == Code.FORBIDDEN
    assert refusal_of(removal.execute, DELETE, BulkRequest(mona), ids(message)).code == Code.FORBIDDEN
    assert refusal_of(removal.execute, ERASE, BulkRequest(mona, "", hall), ids(message)).code == Code.FORBIDDEN
    assert not stored(message).is_deleted
    assert removal.execute(ERASE, BulkRequest(chief), ids(message)) == 1


def test_a_moderator_reaches_no_message_of_another_room(mona, bob, hall, ops):
    message = say(bob, ops)
    assert removal.execute(DELETE, BulkRequest(mona, "", hall), ids(message)) == 0
    assert not stored(message).is_deleted


def test_an_erased_message_leaves_a_tombstone_and_nothing_else(chief, alice, bob, hall):
    message = say(bob, hall, "secret apple @alice")
    ask(alice, hall, protocol.React(seq=1, emoji="👍", on=True))
    report(alice, hall, 1, "Look")
    assert found("apple", hall) == ids(message)
    removal.execute(ERASE, BulkRequest(chief, "By law"), ids(message))
    row = stored(message)
    assert (row.seq, row.body, row.html, row.fingerprint, row.is_erased) == (1, "", "", "", True)
    assert found("apple", hall) == []
    assert not Reaction.objects.exists()
    assert not Mention.objects.exists()
    assert Report.objects.get().quote == ""
    assert removal.execute(RESTORE, BulkRequest(chief), ids(message)) == 0


def test_erasing_a_deleted_message_keeps_its_deletion_time(chief, mona, bob, hall):
    message = say(bob, hall, "apple")
    removal.execute(DELETE, BulkRequest(mona, "", hall), ids(message))
    before = stored(message).deleted_at
    assert removal.execute(ERASE, BulkRequest(chief), ids(message)) == 1
    assert (stored(message).deleted_at, stored(message).body) == (before, "")
    assert removal.execute(ERASE, BulkRequest(chief), ids(message)) == 0


def test_no_cursor_resumes_past_an_erased_message(chief, bob, hall):
    epoch = history.head(hall.pk).epoch
    say(bob, hall, "secret")
    say(bob, hall, "another")
    removal.execute(ERASE, BulkRequest(chief), ids(Message.objects.get(room=hall, seq=1)))
    head = history.head(hall.pk)
    assert (head.rev, head.floor_rev) == (3, 2)
    resumable = [rev for rev in range(4) if head.can_resume(Cursor(epoch, hall.pk, rev), 1000)]
    assert resumable == [2, 3]


def test_retry_of_an_erased_post_is_acknowledged(chief, bob, hall):
    command = protocol.Post(client_id=uuid.uuid4(), body="secret")
    posted = execute(Request(bob.pk, hall.pk, command))
    removal.execute(ERASE, BulkRequest(chief), [posted.message.pk])
    again = execute(Request(bob.pk, hall.pk, command))
    assert (again.seq, again.created, Message.objects.filter(room=hall).count()) == (1, False, 1)


def test_a_bulk_operation_is_broadcast_once_per_room_and_batch_and_audited_once(
    chief, alice, bob, hall, ops, published, monkeypatch
):
    monkeypatch.setattr(removal, "BATCH", 4)
    for room, number in ((hall, 10), (ops, 3)):
        import_history(room, [Entry((alice, bob)[n % 2], f"{n}", room.created_at) for n in range(number)])
    before = {head.room_id: head.rev for head in RoomHead.objects.filter(room__in=[hall, ops])}
    published.clear()
    every = Message.objects.exclude(author=None).values_list("pk", flat=True)
    assert removal.execute(DELETE, BulkRequest(chief, "Spam"), every) == 13
    changes = [(event["room"], event["after"], event["rev"], event["revs"]) for event in published]
    expected, at = [], dict(before)
    for room, number in ((hall, 4), (hall, 4), (hall, 2), (ops, 3)):
        after = at[room.pk]
        at[room.pk] += number
        expected.append((room.pk, after, at[room.pk], list(range(after + 1, at[room.pk] + 1))))
    assert changes == expected
    assert {head.room_id: head.rev for head in RoomHead.objects.filter(room__in=[hall, ops])} == at
    for room in (hall, ops):
        rows = Message.objects.filter(room=room).order_by("seq").values_list("rev", flat=True)
        assert list(rows) == list(range(before[room.pk] + 1, at[room.pk] + 1))
    [entry] = AuditEntry.objects.all()
    assert (entry.count, entry.person, entry.room, entry.detail) == (13, "", "", "hall, ops")


def test_changes_before_a_failure_are_audited(chief, bob, hall, monkeypatch):
    monkeypatch.setattr(removal, "BATCH", 2)
    messages = [say(bob, hall, str(n)) for n in range(4)]
    real, calls = removal._in_one_transaction, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError("the disk is full")
        return real(*arguments)

    monkeypatch.setattr(removal, "_in_one_transaction", failing)
    with pytest.raises(OSError, match="full"):
        removal.execute(DELETE, BulkRequest(chief), ids(*messages))
    assert AuditEntry.objects.get().count == Message.objects.exclude(deleted_at=None).count() == 2


def test_a_bulk_request_has_a_limit(chief, bob, hall, monkeypatch):
    monkeypatch.setattr(removal, "MAX_MESSAGES", 1)
    messages = [say(bob, hall), say(bob, hall)]
    assert refusal_of(removal.execute, DELETE, BulkRequest(chief), ids(*messages)).code == Code.TOO_LONG
    assert removal.execute(DELETE, BulkRequest(chief), ids(messages[0])) == 1


def test_deleting_recent_messages_takes_the_newest_of_one_person(mona, alice, bob, hall):
    for n in range(3):
        say(bob, hall, f"bob {n}")
        say(alice, hall, f"alice {n}")
    assert removal.clean_up(mona, hall, bob, newest=2, reason="Spam") == 2
    assert list(Message.objects.exclude(deleted_at=None).values_list("body", flat=True)) == ["bob 1", "bob 2"]
    [entry] = AuditEntry.objects.all()
    assert (entry.person, entry.count, entry.reason) == ("bob", 2, "Spam")


@pytest.mark.parametrize(("actor", "author"), [("bob", "mona"), ("mona", "alice"), ("mona", "mona")])
def test_no_one_deletes_recent_messages_of_a_person_of_the_same_rank(request, mona, alice, bob, hall, actor, author):
    actor, author = (request.getfixturevalue(name) for name in (actor, author))
    say(author, hall)
    assert refusal_of(removal.clean_up, actor, hall, author, newest=9, reason="").code == Code.FORBIDDEN


def test_changes_by_moderators_over_sockets_are_audited_too(mona, bob, hall):
    say(bob, hall)
    say(mona, hall)
    ask(mona, hall, protocol.Delete(seq=1, reason="Rude"))
    ask(mona, hall, protocol.Delete(seq=2))  # deleting one's own message is not audited
    entries = AuditEntry.objects.order_by("pk").values_list("action", "person", "seq", "reason")
    assert list(entries) == [("delete", "bob", 1, "Rude")]

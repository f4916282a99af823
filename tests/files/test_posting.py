"""Messages with files: which files a post may have, what clients get, and what edits and deletions do with them."""

import json
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import broadcast, history, protocol, serializers
from chat.actions import removal
from chat.actions.batch import Request
from chat.actions.files.changed import touch_message_of
from chat.actions.messages import execute, execute_batch
from chat.actions.removal import BulkRequest
from chat.errors import ActionError
from chat.models import Attachment, Epoch, File, Has, Message, Person
from chat.protocol import Code
from tests.cases import each
from tests.cast import ask, say, uploaded

YESTERDAY = timezone.now() - timedelta(days=1)


def post(person, room, *files, body="", client_id=None):
    return Request(person.pk, room.pk, protocol.Post(client_id=client_id or uuid.uuid4(), body=body, files=[*files]))


def outcome(outcome):
    return outcome.code if isinstance(outcome, ActionError) else "posted"


def refused(request):
    [found] = execute_batch([request])
    return outcome(found)


def files_in(room):
    """Return the names of the files of each message, as clients get them."""
    return [[file.name for file in message.files] for message in history.page(room).messages]


@pytest.fixture
def published(monkeypatch, django_capture_on_commit_callbacks):
    """Return `published(function)`: the messages that it publishes."""

    def messages(function):
        events = []
        monkeypatch.setattr(broadcast, "_send", events.append)
        with django_capture_on_commit_callbacks(execute=True):
            function()
        entries = [entry for event in events if event["type"] == "room.changes" for entry in event["messages"]]
        return [json.loads(message) for message in entries]

    return messages


def test_a_post_has_its_files_in_their_order_for_everyone_who_reads_it(alice, hall, published):
    plan, sheet = uploaded(alice, "plan.png"), uploaded(alice, "sheet.pdf", kind="file", media_type="application/pdf")
    [sent] = published(lambda: execute(post(alice, hall, sheet.key, plan.key)))
    assert [file["name"] for file in sent["files"]] == ["sheet.pdf", "plan.png"]
    assert (sent["body"], sent["html"]) == ("", "")
    [message] = history.page(hall).messages
    assert json.loads(serializers.encode(message)) == sent
    [stored] = Message.objects.filter(room=hall)
    assert stored.has == Has.IMAGE | Has.FILE
    assert set(File.objects.values_list("expires_at", flat=True)) == {None}


def test_a_file_on_the_wire_has_what_a_page_needs_and_no_more(alice, hall):
    of_picture = {"width": 1600, "height": 1200, "thumb_width": 720, "thumb_height": 540, "color": "#8a9b6c"}
    say(alice, hall, files=[uploaded(alice, **of_picture)])
    say(alice, hall, files=[uploaded(alice, "notes", kind="file", media_type="", state="refused", refusal="Why.")])
    [picture], [other] = [json.loads(serializers.encode(it))["files"] for it in history.page(hall).messages]
    picture.pop("key"), other.pop("key")
    assert picture == {
        "name": "map.png",
        "type": "image/png",
        "size": 5,
        "kind": "image",
        "width": 1600,
        "height": 1200,
        "thumb": [720, 540],
        "color": "#8a9b6c",
    }
    assert other == {
        "name": "notes",
        "type": "application/octet-stream",
        "size": 5,
        "kind": "file",
        "state": "refused",
        "refusal": "Why.",
    }


@each(
    "fields, code",
    [
        ({}, "posted"),
        ({"state": "waiting"}, "posted"),
        ({"state": "refused"}, "posted"),
        ({"state": "uploading"}, Code.CONFLICT),
        ({"expires_at": YESTERDAY}, Code.EXPIRED),
        ({"expires_at": None}, Code.CONFLICT),  # something uses it
    ],
)
def test_only_complete_uploads_that_nothing_uses_can_be_posted(alice, hall, fields, code):
    assert refused(post(alice, hall, uploaded(alice, **fields).key)) == code
    assert Message.objects.filter(room=hall).count() == (code == "posted")


def test_no_one_posts_the_files_of_others_or_one_twice(alice, bob, hall):
    theirs, own = uploaded(alice), uploaded(bob)
    assert refused(post(bob, hall, theirs.key)) == Code.NOT_FOUND
    assert refused(post(bob, hall, "no such key")) == Code.NOT_FOUND
    assert refused(post(bob, hall, own.key, own.key)) == Code.BAD_FRAME
    assert refused(post(bob, hall, own.key, theirs.key)) == Code.NOT_FOUND
    assert not Attachment.objects.exists()
    assert refused(post(bob, hall, body=" ")) == Code.EMPTY
    assert refused(post(bob, hall, own.key)) == "posted"
    assert refused(post(bob, hall, own.key)) == Code.CONFLICT


def test_of_two_posts_with_one_file_in_one_batch_the_first_gets_it(alice, hall):
    file = uploaded(alice)
    outcomes = execute_batch([post(alice, hall, file.key, body=body) for body in ("first", "second")])
    assert [outcome(it) for it in outcomes] == ["posted", Code.CONFLICT]
    assert files_in(hall) == [["map.png"]]


def test_a_retry_returns_the_first_message_and_other_files_are_a_conflict(alice, hall):
    key, other, client_id = uploaded(alice).key, uploaded(alice).key, uuid.uuid4()
    first, again, different = (
        execute_batch([post(alice, hall, it, client_id=client_id)])[0] for it in (key, key, other)
    )
    assert (first.created, again.created, again.seq) == (True, False, first.seq)
    assert outcome(different) == Code.CONFLICT


def test_an_edit_keeps_or_removes_files_and_adds_none(alice, hall, published):
    files = [uploaded(alice, name) for name in ("a.png", "b.png", "c.txt")]
    say(alice, hall, "three", files=files)
    ask(alice, hall, protocol.Edit(seq=1, body="still three"))
    assert files_in(hall) == [["a.png", "b.png", "c.txt"]]
    [sent] = published(lambda: ask(alice, hall, protocol.Edit(seq=1, body="", files=[files[1].key])))
    assert [file["name"] for file in sent["files"]] == ["b.png"]
    assert files_in(hall) == [["b.png"]]
    new = uploaded(alice, "new.png")
    for keys, code in (([new.key], Code.NOT_FOUND), ([files[0].key], Code.NOT_FOUND), ([], Code.EMPTY)):
        request = Request(alice.pk, hall.pk, protocol.Edit(seq=1, body="", files=keys))
        assert refused(request) == code
    ask(alice, hall, protocol.Edit(seq=1, body="none", files=[]))
    assert files_in(hall) == [[]]
    assert Message.objects.get(room=hall).has is None


def test_an_edit_of_other_files_counts_as_another_text(alice, hall):
    message = say(alice, hall, files=[uploaded(alice)])
    ask(alice, hall, protocol.Edit(seq=1, body="hello", files=[]))
    request = Request(alice.pk, hall.pk, protocol.Edit(seq=1, body="bye", if_rev=message.rev))
    assert refused(request) == Code.CONFLICT


def test_search_index_and_bits_follow_text_and_files(alice, hall):
    message = say(alice, hall, "see `x` at https://example.org", files=[uploaded(alice, "notes.txt", kind="file")])
    assert message.has == Has.LINK | Has.CODE | Has.FILE
    assert "notes" in message.search_text
    assert say(alice, hall, "plain, with #general").has is None
    ask(alice, hall, protocol.Edit(seq=1, body="only text", files=[]))
    message.refresh_from_db()
    assert (message.has, message.search_text) == (None, None)


def test_a_deleted_message_has_no_files_until_it_is_restored(alice, hall, published):
    message = say(alice, hall, "", files=[uploaded(alice)])
    [sent] = published(lambda: ask(alice, hall, protocol.Delete(seq=1)))
    assert "files" not in sent
    assert files_in(hall) == [[]]
    chief = BulkRequest(Person.objects.create_superuser("chief", "password"))
    [sent] = published(lambda: removal.execute(removal.RESTORE, chief, [message.pk]))
    assert [file["name"] for file in sent["files"]] == ["map.png"]
    assert files_in(hall) == [["map.png"]]


def test_a_changed_file_gives_its_message_a_new_revision(alice, hall, published):
    message = say(alice, hall, "", files=[file := uploaded(alice, state="waiting")])
    ask(alice, hall, protocol.React(seq=1, emoji="👍", on=True))
    File.objects.filter(pk=file.pk).update(state="ready", alt="A street map", kind="file")
    [sent] = published(lambda: touch_message_of(file))
    assert (sent["rev"], sent["files"][0]["alt"], sent["reactions"][0]["emoji"]) == (
        message.rev + 2,
        "A street map",
        "👍",
    )
    message.refresh_from_db()
    assert (message.has, "street" in message.search_text) == (Has.FILE, True)
    assert not published(lambda: touch_message_of(uploaded(alice)))


def test_only_messages_with_files_take_a_query_for_them(alice, hall):
    def queries_of_page():
        with CaptureQueriesContext(connection) as queries:
            history.page(hall)
        return len(queries)

    say(alice, hall, "https://example.org")
    plain = queries_of_page()
    say(alice, hall, files=[uploaded(alice)])
    assert queries_of_page() == plain + 1
    for _ in range(3):
        say(alice, hall, files=[uploaded(alice), uploaded(alice)])
    assert queries_of_page() == plain + 1


@pytest.mark.django_db(transaction=True)
def test_a_batch_with_files_takes_as_many_statements_for_any_number_of_them(alice, hall):
    """They read the files, attach them and end their expiry, which PostgreSQL does in one."""

    def statements(*numbers):
        requests = [post(alice, hall, *[uploaded(alice).key for _ in range(it)], body="text") for it in numbers]
        with CaptureQueriesContext(connection) as queries:
            assert {outcome(it) for it in execute_batch(requests)} == {"posted"}
        return len(queries)

    Epoch.current()  # made on first use
    plain = statements(0)
    more = 2 if connection.vendor == "postgresql" else 3
    assert [statements(0, 1), statements(3, 0, 10)] == [plain + more] * 2

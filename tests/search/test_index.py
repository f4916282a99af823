"""The index that SQLite keeps, compared with the messages."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import DatabaseError, connection

from chat import protocol
from chat.actions.imports.messages import Entry, import_history
from chat.models import Has, Message, Person, Room
from chat.search import find
from tests.cast import ask, say

pytestmark = [
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no triggers that could be lost"),
    pytest.mark.django_db(transaction=True),
]

migration = import_module("chat.migrations.0028_search_files_and_dates")


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def assert_whole():
    """Check the index. FTS5 compares it with the view, and raises for a missing or an additional word."""
    execute("INSERT INTO chat_search (chat_search, rank) VALUES ('integrity-check', 1)")


def drop_index():
    with connection.schema_editor() as editor:
        migration.drop_sqlite(None, editor)


def create_index():
    with connection.schema_editor() as editor:
        migration.create_sqlite(None, editor)


@pytest.fixture(autouse=True)
def index_as_it_was():
    """Restore the index after each test."""
    yield
    drop_index()
    create_index()


def test_index_is_whole_after_everything_that_happens_to_messages(alice, bob, hall, ops):
    for number in range(5):
        say(alice, hall, f"message {number}")
    ask(alice, hall, protocol.Edit(seq=1, body="another text"))
    ask(alice, hall, protocol.Edit(seq=2, body="deleted later"))
    ask(alice, hall, protocol.Delete(seq=2))
    ask(bob, hall, protocol.React(seq=3, emoji="👍", on=True))
    for body in ("港口", "港口!", "plain", "C++"):
        ask(alice, hall, protocol.Edit(seq=5, body=body))
        assert_whole()
    Message.objects.filter(seq=5).update(body="as the previous release edits", room=ops, seq=9)
    assert Message.objects.get(seq=9).search_text is None
    assert_whole()
    Message.objects.filter(seq=2).update(body="edited while deleted")
    Message.objects.filter(seq=3).update(author=None)
    Message.objects.filter(seq=3).update(has=Has.FILE | Has.LINK, search_text="a name")
    Message.objects.filter(seq=1).update(has=0, created_at=hall.created_at - timedelta(days=400))
    assert_whole()
    Message.objects.filter(seq=3).update(has=Has.PREVIEW)
    Message.objects.filter(seq=4).update(room=ops, seq=1)
    Message.objects.filter(seq=9).delete()
    import_history(hall, [Entry(alice, "brought in", created_at=hall.created_at)])
    assert_whole()
    Message.objects.filter(deleted_at__isnull=False).update(deleted_at=None)
    assert_whole()
    Message.objects.all().delete()
    assert_whole()


def test_index_that_lacks_a_word_is_not_called_whole(alice, hall):
    message = say(alice, hall, "map")
    execute("DROP TRIGGER chat_search_update")
    Message.objects.filter(pk=message.pk).update(body="compass")
    with pytest.raises(DatabaseError, match="malformed"):
        assert_whole()


def test_messages_written_before_there_was_an_index_are_found(alice, bob, hall):
    drop_index()
    say(alice, hall, "an old map")
    ask(alice, hall, protocol.Delete(seq=say(alice, hall, "a deleted map").seq))
    create_index()
    assert_whole()
    assert [hit.message.body for hit in find(bob, "map").hits] == ["an old map"]


def test_messages_can_be_posted_without_the_index(alice, hall):
    drop_index()
    say(alice, hall, "map")
    assert Message.objects.filter(room=hall).count() == 1


@pytest.mark.parametrize("model", [Person, Room])
def test_other_tables_can_be_remade(alice, hall, model):
    """As SQLite does for most changes to a column."""
    with connection.schema_editor() as editor:
        editor._remake_table(model)
    say(alice, hall, "map")
    assert len(find(alice, "map").hits) == 1
    assert_whole()


def test_message_table_cannot_be_remade_with_its_triggers(alice, hall):
    with pytest.raises(DatabaseError, match="chat_searchable"), connection.schema_editor() as editor:
        editor._remake_table(Message)
    say(alice, hall, "map")
    assert_whole()


def test_message_table_can_be_remade_without_the_index(alice, bob, hall):
    say(alice, hall, "map")
    drop_index()
    with connection.schema_editor() as editor:
        editor._remake_table(Message)
    create_index()
    say(alice, hall, "another map")
    assert len(find(bob, "map").hits) == 2
    assert_whole()

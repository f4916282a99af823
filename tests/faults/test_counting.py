"""Each query is counted once, even if a connection is opened again."""

from django.db import connection
from django.db.backends.signals import connection_created

from chat.models import Message
from tests.faults.hooks.counting import count_into


def test_a_query_is_counted_once_after_the_connection_was_opened_again(transactional_db, tmp_path):
    watch = count_into(tmp_path / "queries")
    try:
        for _ in range(3):
            connection.close()
            list(Message.objects.all())
    finally:
        connection_created.disconnect(watch)
        connection.execute_wrappers.clear()
    assert (tmp_path / "queries").read_bytes().count(b"m") == 3

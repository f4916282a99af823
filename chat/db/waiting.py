"""Writes that give up instead of waiting for another writer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let a statement fail with OperationalError at once if it would have to wait for a lock.

    This is for small writes that a page makes beside its own work, and that the next page can make as well.
    """
    if connection.vendor == "sqlite":
        with _no_busy_timeout():
            yield
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1ms'")
            yield


@contextmanager
def _no_busy_timeout() -> Iterator[None]:
    connection.ensure_connection()
    driver = connection.connection
    [before] = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout = {before}")

"""Asking the index that migration 0005 has the database keep, in the words of SQLite's FTS5 or of PostgreSQL."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction

from chat.search.query import Term, without_accents

# A word that half of all messages have, and a room it is never said in: the search is given up rather than the site.
PATIENCE_SECONDS = 3.0
# So many rooms are looked up in the index itself. Whoever sees more sees most of what there is.
MAX_INDEXED_ROOMS = 50
# So many of SQLite's instructions between two looks at the clock: well under a millisecond.
INSTRUCTIONS_PER_LOOK = 10_000
QUERY_CANCELED = "57014"  # PostgreSQL's SQLSTATE
HIGHEST_ID = 2**63 - 1

SQLITE = """
SELECT message.id FROM chat_search CROSS JOIN chat_message AS message ON message.id = chat_search.rowid
WHERE chat_search MATCH %s AND chat_search.rowid < %s AND message.room_id IN (SELECT value FROM json_each(%s))
ORDER BY chat_search.rowid DESC LIMIT %s
"""
MATCHING = """
FROM chat_message WHERE chat_search_vector(body, room_id, author_id) @@ ({query}) AND deleted_at IS NULL
"""
# So many matches are read and put in order at once. Where there are more, the newest are met soon on the way back.
FEW = 5000
POSTGRESQL_FEW = f"SELECT id, room_id {MATCHING} LIMIT %s"
POSTGRESQL_MANY = f"SELECT id {MATCHING} AND id < %s AND room_id = ANY(%s) ORDER BY id DESC LIMIT %s"


class TooSlow(Exception):
    """There is an answer, but not in time."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Messages with all of `terms`, in one of the rooms, by an author if one is given, below the id `before`."""

    terms: Sequence[Term]
    room_ids: Sequence[int]
    author_id: int | None = None
    before: int = HIGHEST_ID

    @property
    def indexed_rooms(self) -> Sequence[int]:
        """The rooms to look up in the index; none where they would be too many."""
        return self.room_ids if len(self.room_ids) <= MAX_INDEXED_ROOMS else ()


def newest(lookup: Lookup, limit: int) -> list[int]:
    """The ids of the newest messages found, the newest first. TooSlow after `PATIENCE_SECONDS`."""
    if not lookup.room_ids:
        return []
    ask = _sqlite if connection.vendor == "sqlite" else _postgresql
    return ask(lookup, limit)


# ---- SQLite


def _sqlite(lookup: Lookup, limit: int) -> list[int]:
    with _sqlite_in_time(), connection.cursor() as cursor:
        rooms = json.dumps(list(lookup.room_ids))
        cursor.execute(SQLITE, [_fts_match(lookup), lookup.before, rooms, limit])
        return [pk for (pk,) in cursor.fetchall()]


def _fts_match(lookup: Lookup) -> str:
    """FTS5's own language. Nothing can be slipped into it: words are letters, digits and marks."""
    parts = []
    if lookup.terms:
        parts.append(f"body : ({' AND '.join(map(_fts_phrase, lookup.terms))})")
    if lookup.author_id is not None:
        parts.append(f"place : by{lookup.author_id}")
    if rooms := lookup.indexed_rooms:
        parts.append(f"place : ({' OR '.join(f'room{pk}' for pk in rooms)})")
    return " AND ".join(parts)


def _fts_phrase(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.is_beginning else "")


@contextmanager
def _sqlite_in_time() -> Iterator[None]:
    connection.ensure_connection()
    driver: Any = connection.connection
    deadline = time.monotonic() + PATIENCE_SECONDS
    driver.set_progress_handler(lambda: time.monotonic() > deadline, INSTRUCTIONS_PER_LOOK)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error):
            raise TooSlow from error
        raise
    finally:
        driver.set_progress_handler(None, 0)


# ---- PostgreSQL


def _postgresql(lookup: Lookup, limit: int) -> list[int]:
    """In two steps, because the planner has to guess how common a word is: one that nobody has said for common would
    have it read the whole history backwards."""
    queries, values = _tsqueries(lookup)
    few, many = (sql.format(query=" && ".join(queries)) for sql in (POSTGRESQL_FEW, POSTGRESQL_MANY))
    with _postgresql_in_time(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(few, [*values, FEW + 1])
        found = cursor.fetchall()
        if len(found) > FEW:
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(many, [*values, lookup.before, list(lookup.room_ids), limit])
            return [pk for (pk,) in cursor.fetchall()]
    rooms = set(lookup.room_ids)
    return sorted((pk for pk, room in found if pk < lookup.before and room in rooms), reverse=True)[:limit]


def _tsqueries(lookup: Lookup) -> tuple[list[str], list[str]]:
    """What has to match, as SQL and the values in it: words go through the parser, places are in the index as such."""
    queries, values = [], []
    if lookup.terms:
        queries.append("to_tsquery('simple', %s)")
        values.append(" & ".join(map(_ts_phrase, lookup.terms)))
    if lookup.author_id is not None:
        queries.append("%s::tsquery")
        values.append(f"'by:{lookup.author_id}'")
    if rooms := lookup.indexed_rooms:
        queries.append("%s::tsquery")
        values.append(" | ".join(f"'room:{pk}'" for pk in rooms))
    return queries, values


def _ts_phrase(term: Term) -> str:
    words = [f"'{without_accents(word)}'" for word in term.words]
    return " <-> ".join(words) + (":*" if term.is_beginning else "")


@contextmanager
def _postgresql_in_time() -> Iterator[None]:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [round(PATIENCE_SECONDS * 1000)])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == QUERY_CANCELED:
            raise TooSlow from error
        raise

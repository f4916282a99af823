"""Queries of the full-text index that the migrations create, for SQLite's FTS5 and for PostgreSQL."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction

from chat.search.query import Term

# The time limit of a search. A word in half of all messages, in a room without it, would take longer.
PATIENCE_SECONDS = 3.0
# Up to this many rooms are part of the index query. People who see more rooms see most messages, so a filter is enough.
MAX_INDEXED_ROOMS = 50
# SQLite's instructions between two checks of the time limit. They take well under a millisecond.
INSTRUCTIONS_PER_LOOK = 10_000
QUERY_CANCELED = "57014"  # PostgreSQL's SQLSTATE
HIGHEST_ID = 2**63 - 1

SQLITE = """
SELECT message.id FROM chat_search CROSS JOIN chat_message AS message ON message.id = chat_search.rowid
WHERE chat_search MATCH %s AND chat_search.rowid < %s AND message.room_id IN (SELECT value FROM json_each(%s))
ORDER BY chat_search.rowid DESC LIMIT %s
"""
MATCHING = """
FROM chat_message
WHERE chat_search_words(search_text, body, room_id, author_id) @@ ({query}) AND deleted_at IS NULL
"""
# Up to this many matches are read and sorted. With more, reading back from the newest message finds a page soon.
FEW = 5000
POSTGRESQL_FEW = f"SELECT id, room_id {MATCHING} LIMIT %s"
POSTGRESQL_MANY = f"SELECT id {MATCHING} AND id < %s AND room_id = ANY(%s) ORDER BY id DESC LIMIT %s"


class TooSlow(Exception):
    """A search that exceeded the time limit."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A query for messages in one of the rooms below the id `before`.

    They have all of `terms` and none of `excluded`. One of the authors wrote them, if any are given, and none of the
    excluded authors did. There are terms or authors.
    """

    terms: Sequence[Term]
    room_ids: Sequence[int]
    author_ids: Sequence[int] = ()
    before: int = HIGHEST_ID
    excluded: Sequence[Term] = ()
    excluded_author_ids: Sequence[int] = ()

    @property
    def indexed_rooms(self) -> Sequence[int]:
        """Return the rooms for the index query, or none if they are too many."""
        return self.room_ids if len(self.room_ids) <= MAX_INDEXED_ROOMS else ()


def newest(lookup: Lookup, limit: int) -> list[int]:
    """Return the ids of the newest matches, the newest first. Raise TooSlow after `PATIENCE_SECONDS`."""
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
    """Return the query in FTS5's language. Words have only letters and digits, so nothing can be injected."""
    wanted, unwanted = [], []
    if lookup.terms:
        wanted.append(f"body : ({' AND '.join(map(_fts_phrase, lookup.terms))})")
    if lookup.author_ids:
        wanted.append(_fts_places("by", lookup.author_ids))
    if rooms := lookup.indexed_rooms:
        wanted.append(_fts_places("room", rooms))
    if lookup.excluded:
        unwanted.append(f"body : ({' OR '.join(map(_fts_phrase, lookup.excluded))})")
    if lookup.excluded_author_ids:
        unwanted.append(_fts_places("by", lookup.excluded_author_ids))
    found = " AND ".join(wanted)
    return " NOT ".join([f"({found})", *unwanted]) if unwanted else found


def _fts_places(kind: str, ids: Sequence[int]) -> str:
    return f"place : ({' OR '.join(f'{kind}{pk}' for pk in ids)})"


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
    """Search in two steps, because the planner can only guess how common a word is.

    If it took a word without matches for a common one, it would read the whole history backwards.
    """
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
    """Return the conditions as SQL and their values. The parser reads words. Rooms and authors are literal terms."""
    queries, values = [], []
    if lookup.terms or lookup.excluded:
        queries.append("to_tsquery('simple', %s)")
        values.append(" & ".join([*map(_ts_phrase, lookup.terms), *(f"!({_ts_phrase(it)})" for it in lookup.excluded)]))
    if lookup.author_ids:
        queries.append("%s::tsquery")
        values.append(_ts_places("by", lookup.author_ids))
    if lookup.excluded_author_ids:
        queries.append("!!%s::tsquery")
        values.append(_ts_places("by", lookup.excluded_author_ids))
    if rooms := lookup.indexed_rooms:
        queries.append("%s::tsquery")
        values.append(_ts_places("room", rooms))
    return queries, values


def _ts_places(kind: str, ids: Sequence[int]) -> str:
    return " | ".join(f"'{kind}:{pk}'" for pk in ids)


def _ts_phrase(term: Term) -> str:
    return " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.is_beginning else "")


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

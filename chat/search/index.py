"""Queries of the full-text index that the migrations create, for SQLite's FTS5 and for PostgreSQL."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction

from chat.search.periods import Span
from chat.search.query import Term

# The time limit of a search. A word in half of all messages, in a room without it, would take longer.
PATIENCE_SECONDS = 3.0
# Up to this many rooms are part of the index query. People who see more rooms see most messages, so a filter is enough.
MAX_INDEXED_ROOMS = 50
# SQLite's instructions between two checks of the time limit. They take well under a millisecond.
INSTRUCTIONS_PER_LOOK = 10_000
QUERY_CANCELED = "57014"  # PostgreSQL's SQLSTATE
HIGHEST_ID = 2**63 - 1
ANY_TIME = Span()

SQLITE = """
SELECT message.id FROM chat_search CROSS JOIN chat_message AS message ON message.id = chat_search.rowid
WHERE chat_search MATCH %s AND {dates} AND chat_search.rowid < %s
AND message.room_id IN (SELECT value FROM json_each(%s)) ORDER BY chat_search.rowid DESC LIMIT %s
"""
MATCHING = """
FROM chat_message
WHERE chat_search_terms(search_text, body, room_id, author_id, has, created_at) @@ ({query})
AND {dates} AND deleted_at IS NULL
"""
# Up to this many matches are read and sorted. With more, reading back from the newest message finds a page soon.
FEW = 5000
POSTGRESQL_FEW = f"SELECT id, room_id {MATCHING} LIMIT %s"
POSTGRESQL_MANY = f"SELECT id {MATCHING} AND id < %s AND room_id = ANY(%s) ORDER BY id DESC LIMIT %s"


class TooSlow(Exception):
    """A search that exceeded the time limit."""


# The kind of a word that nobody writes, and its values. One of them is meant.
Places = tuple[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A query for messages in one of the rooms below the id `before`.

    They have all of `terms` and none of `excluded`. One of the authors wrote them, if any are given, and none of the
    excluded authors did. They have one bit of each group of `has`, and no bit of `excluded_has`. They are of one of the
    `months`, if any are given, and of the span.
    """

    terms: Sequence[Term]
    room_ids: Sequence[int]
    author_ids: Sequence[int] = ()
    before: int = HIGHEST_ID
    excluded: Sequence[Term] = ()
    excluded_author_ids: Sequence[int] = ()
    has: Sequence[Sequence[int]] = ()
    excluded_has: Sequence[int] = ()
    months: Sequence[str] = ()
    span: Span = ANY_TIME

    @property
    def wanted(self) -> list[Places]:
        """Return what the index is asked for beside the terms. Too many rooms are left out, unless that is all."""
        groups: list[Places] = [("by", self.author_ids), *(("has", bits) for bits in self.has), ("m", self.months)]
        groups = [group for group in groups if group[1]]
        if len(self.room_ids) <= MAX_INDEXED_ROOMS or not (groups or self.terms):
            groups.append(("room", self.room_ids))
        return groups

    @property
    def unwanted(self) -> list[Places]:
        groups: list[Places] = [("by", self.excluded_author_ids), ("has", self.excluded_has)]
        return [group for group in groups if group[1]]


def newest(lookup: Lookup, limit: int) -> list[int]:
    """Return the ids of the newest matches, the newest first. Raise TooSlow after `PATIENCE_SECONDS`."""
    if not lookup.room_ids:
        return []
    ask = _sqlite if connection.vendor == "sqlite" else _postgresql
    return ask(lookup, limit)


def _date_conditions(span: Span) -> tuple[str, list[Any]]:
    """Return the span as SQL, and its values in the form of the database."""
    conditions, times = ["true"], []
    if span.since:
        conditions.append("created_at >= %s")
        times.append(span.since)
    if span.until:
        conditions.append("created_at < %s")
        times.append(span.until)
    for period in span.excluded:
        conditions.append("NOT (created_at >= %s AND created_at < %s)")
        times += period
    return " AND ".join(conditions), [connection.ops.adapt_datetimefield_value(at) for at in times]


# ---- SQLite


def _sqlite(lookup: Lookup, limit: int) -> list[int]:
    dates, times = _date_conditions(lookup.span)
    with _sqlite_in_time(), connection.cursor() as cursor:
        rooms = json.dumps(list(lookup.room_ids))
        cursor.execute(SQLITE.format(dates=dates), [_fts_match(lookup), *times, lookup.before, rooms, limit])
        return [pk for (pk,) in cursor.fetchall()]


def _fts_match(lookup: Lookup) -> str:
    """Return the query in FTS5's language. Words have only letters and digits, so nothing can be injected."""
    wanted = [f"body : ({' AND '.join(map(_fts_phrase, lookup.terms))})"] if lookup.terms else []
    wanted += map(_fts_places, lookup.wanted)
    unwanted = [f"body : ({' OR '.join(map(_fts_phrase, lookup.excluded))})"] if lookup.excluded else []
    unwanted += map(_fts_places, lookup.unwanted)
    found = " AND ".join(wanted)
    return " NOT ".join([f"({found})", *unwanted]) if unwanted else found


def _fts_places(places: Places) -> str:
    kind, values = places
    return f"place : ({' OR '.join(f'{kind}{value}' for value in values)})"


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
    dates, times = _date_conditions(lookup.span)
    few, many = (sql.format(query=" && ".join(queries), dates=dates) for sql in (POSTGRESQL_FEW, POSTGRESQL_MANY))
    with _postgresql_in_time(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(few, [*values, *times, FEW + 1])
        found = cursor.fetchall()
        if len(found) > FEW:
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(many, [*values, *times, lookup.before, list(lookup.room_ids), limit])
            return [pk for (pk,) in cursor.fetchall()]
    rooms = set(lookup.room_ids)
    return sorted((pk for pk, room in found if pk < lookup.before and room in rooms), reverse=True)[:limit]


def _tsqueries(lookup: Lookup) -> tuple[list[str], list[str]]:
    """Return the conditions as SQL and their values. The parser reads words. Places are literal terms."""
    queries, values = [], []
    if lookup.terms or lookup.excluded:
        queries.append("to_tsquery('simple', %s)")
        values.append(" & ".join([*map(_ts_phrase, lookup.terms), *(f"!({_ts_phrase(it)})" for it in lookup.excluded)]))
    for sign, groups in (("", lookup.wanted), ("!!", lookup.unwanted)):
        for kind, places in groups:
            queries.append(f"{sign}%s::tsquery")
            values.append(" | ".join(f"'{kind}:{value}'" for value in places))
    return queries, values


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

"""The verdict: what clients saw, what was acked and what is stored must be the same, message for message."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from itertools import chain, pairwise
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.chunks import Chunk, Row
from benchmarks.posting import Sent

_SQLITE = "sqlite:///"
_ROWS = """
    SELECT message.seq, message.rev, message.client_id, message.author_id, message.body
    FROM chat_message AS message JOIN chat_room AS room ON room.id = message.room_id
    WHERE room.slug = {} ORDER BY message.rev
"""


def stored_rows(database_url: str, room: str) -> list[Row]:
    """The room's log as the database has it, in rev order, read without the site's code."""
    read = _from_sqlite if database_url.startswith(_SQLITE) else _from_postgresql
    rows = read(database_url, room)
    return [Row(seq, rev, UUID(str(client_id)), author_id, body) for seq, rev, client_id, author_id, body in rows]


def _from_sqlite(database_url: str, room: str) -> list[tuple[Any, ...]]:
    address = f"file:{database_url.removeprefix(_SQLITE)}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        return connection.execute(_ROWS.format("?"), (room,)).fetchall()


def _from_postgresql(database_url: str, room: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(_ROWS.format("%s").encode(), (room,)).fetchall()


def audit(logs: Sequence[Iterable[Chunk]], sent: Mapping[UUID, Sent], rows: Sequence[Row]) -> list[str]:
    """Return every difference as a sentence, or none. `rows` are those stored since the clients connected."""
    found = _posts(sent, rows)
    for number, log in enumerate(logs):
        found += (f"Client {number}: {difference}" for difference in differences(log, rows))
    return found


def differences(log: Iterable[Chunk], rows: Sequence[Row]) -> list[str]:
    """Return how the frames of one client differ from the stored rows in their order, each once.

    Stricter than the protocol, which lets a client ignore what it holds already: nobody reconnects here, so nothing
    has a reason to come twice.
    """
    received = list(chain.from_iterable(chunk.rows for chunk in log))
    if received == list(rows):
        return []
    expected, times = {row.seq: row for row in rows}, Counter(row.seq for row in received)
    found = [f"message {seq} is missing." for seq in expected if seq not in times]
    found += (f"message {seq} came {count} times." for seq, count in times.items() if count > 1)
    for row in dict.fromkeys(received):
        if row.seq not in expected:
            found.append(f"message {row.seq} is not stored.")
        elif row != expected[row.seq]:
            found.append(f"message {row.seq} is stored as {expected[row.seq]} and came as {row}.")
    revs = [row.rev for row in received]
    found += (f"revision {rev} came after {before}." for before, rev in pairwise(revs) if rev < before)
    return found


def _posts(sent: Mapping[UUID, Sent], rows: Sequence[Row]) -> list[str]:
    """Return how the posted and acknowledged messages differ from the stored ones."""
    stored: dict[UUID, list[Row]] = {}
    for row in rows:
        stored.setdefault(row.client_id, []).append(row)
    found = [f"Message {row.seq} is stored, but nobody posted it." for row in rows if row.client_id not in sent]
    for client_id, post in sent.items():
        copies = stored.get(client_id, [])
        if post.acked_at is None:
            found.append(f"Post {client_id} was never acked; it is stored {len(copies)} times.")
        elif len(copies) != 1:
            found.append(f"Post {client_id} was acked and is stored {len(copies)} times.")
        elif (copies[0].seq, copies[0].rev, copies[0].body) != (post.seq, post.rev, post.body):
            found.append(f"Post {client_id} was acked as seq {post.seq}, rev {post.rev} and is stored as {copies[0]}.")
    return found

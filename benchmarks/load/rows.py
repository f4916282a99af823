"""The messages of a room as clients and database must agree on them, read from the database without the site's code."""

import sqlite3
from contextlib import closing
from typing import Any
from uuid import UUID

import msgspec
import psycopg

_SQLITE = "sqlite:///"
_ROWS = """
    SELECT message.seq, message.rev, message.client_id, message.author_id, message.body
    FROM chat_message AS message JOIN chat_room AS room ON room.id = message.room_id
    WHERE room.slug = {} ORDER BY message.rev
"""


class Author(msgspec.Struct, frozen=True):
    id: int


class Row(msgspec.Struct, frozen=True):
    """The fields of a message that are compared."""

    seq: int
    rev: int
    client_id: UUID
    author: Author | None
    body: str


def stored_rows(database_url: str, room: str) -> list[Row]:
    """Return the room's log in the order of its revisions."""
    read = _from_sqlite if database_url.startswith(_SQLITE) else _from_postgresql
    return [
        Row(seq, rev, UUID(str(client_id)), Author(author) if author else None, body)
        for seq, rev, client_id, author, body in read(database_url, room)
    ]


def _from_sqlite(database_url: str, room: str) -> list[tuple[Any, ...]]:
    address = f"file:{database_url.removeprefix(_SQLITE)}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        return connection.execute(_ROWS.format("?"), (room,)).fetchall()


def _from_postgresql(database_url: str, room: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(_ROWS.format("%s").encode(), (room,)).fetchall()

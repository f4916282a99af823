"""A decoder that reads equal bytes once: a thousand clients receive mostly the same bytes and share the result."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import msgspec

from chat import protocol

# Bytes at either end by which changes frames are told apart before they are compared in full.
_EDGE = 96


class Row(NamedTuple):
    """A message as clients and database must agree on it."""

    seq: int
    rev: int
    client_id: UUID
    author_id: int | None
    body: str


@dataclass(slots=True)
class Chunk:
    """The meaning of one changes frame, and when the last client got it."""

    cursor: str
    rows: tuple[Row, ...]
    last_at: float = 0.0


class _Author(msgspec.Struct):
    id: int


class _Message(msgspec.Struct):
    seq: int
    rev: int
    client_id: UUID
    author: _Author | None
    body: str


class ChunkReader:
    """Changes frames decoded, each distinct sequence of bytes once; equal rows are one object."""

    def __init__(self) -> None:
        self._chunks: dict[tuple[int, bytes, bytes], list[tuple[bytes, Chunk]]] = {}
        self._rows: dict[Row, Row] = {}

    def read(self, frame: bytes) -> Chunk:
        # Hashing some edge bytes and comparing the rest once costs less than hashing every frame whole.
        known = self._chunks.setdefault((len(frame), frame[:_EDGE], frame[-_EDGE:]), [])
        for seen, chunk in known:
            if seen == frame:
                return chunk
        chunk = self._decode(frame)
        known.append((frame, chunk))
        return chunk

    def _decode(self, frame: bytes) -> Chunk:
        changes = _changes.decode(frame)
        rows = []
        for raw in changes.messages:
            message = _message.decode(raw)
            author_id = message.author.id if message.author else None
            row = Row(message.seq, message.rev, message.client_id, author_id, message.body)
            rows.append(self._rows.setdefault(row, row))
        return Chunk(changes.cursor, tuple(rows))


_changes = msgspec.json.Decoder(protocol.Changes)
_message = msgspec.json.Decoder(_Message)

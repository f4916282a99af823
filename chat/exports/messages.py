"""Messages as a file for the desk, CSV or JSON Lines, read by key and written while it is read."""

import csv
import io
import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from chat.exports.streaming import in_pieces
from chat.models.messages import MessageQuerySet

# Rows that are in memory at once.
PAGE = 100
COLUMNS = {
    "id": "pk",
    "room": "room__slug",
    "seq": "seq",
    "author": "author__name",
    "author_id": "author_id",
    "body": "body",
    "reply_to": "reply_to",
    "created_at": "created_at",
    "edited_at": "edited_at",
    "deleted_at": "deleted_at",
}
# A cell that begins with one of these is a formula to a spreadsheet (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_encoder = msgspec.json.Encoder()


def as_csv(messages: MessageQuerySet) -> Iterator[bytes]:
    """A line of names, then one for each message (RFC 4180). What would be a formula is quoted by an apostrophe."""
    lines = (_csv([[_harmless(cell) for cell in row]]) for row in _rows(messages))
    return in_pieces(itertools.chain([_csv([list(COLUMNS)])], lines))


def as_json_lines(messages: MessageQuerySet) -> Iterator[bytes]:
    """An object for each message, on a line of its own."""
    return in_pieces(_encoder.encode(dict(zip(COLUMNS, row, strict=True))) + b"\n" for row in _rows(messages))


FORMATS = {"csv": (as_csv, "text/csv; charset=utf-8"), "jsonl": (as_json_lines, "application/jsonl")}


def _rows(messages: MessageQuerySet) -> Iterator[tuple[Any, ...]]:
    """All of them in the order of their ids. No cursor stays open while a client is slow."""
    rows = messages.order_by("pk").values_list(*COLUMNS.values())
    last = 0
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        last = page[-1][0]
        yield from page


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell

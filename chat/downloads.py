"""Messages as a file for the desk, CSV or JSON Lines, read by key and written while it is read."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import msgspec

from chat.models.messages import MessageQuerySet

# Rows that are in memory at once.
PAGE = 2000
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
    yield _csv([list(COLUMNS)])
    for page in _pages(messages):
        yield _csv([_harmless(cell) for cell in row] for row in page)


def as_json_lines(messages: MessageQuerySet) -> Iterator[bytes]:
    """An object for each message, on a line of its own."""
    for page in _pages(messages):
        yield b"".join(_encoder.encode(dict(zip(COLUMNS, row, strict=True))) + b"\n" for row in page)


FORMATS = {"csv": (as_csv, "text/csv; charset=utf-8"), "jsonl": (as_json_lines, "application/jsonl")}


def _pages(messages: MessageQuerySet) -> Iterator[list[tuple[Any, ...]]]:
    """All of them in the order of their ids. No cursor stays open while somebody's line is slow."""
    rows = messages.order_by("pk").values_list(*COLUMNS.values())
    last = 0
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        yield page
        last = page[-1][0]


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell

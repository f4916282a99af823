"""Export of messages from the admin as CSV or JSON Lines, in pages by id, sent while it is read."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from chat.auth import staff_text
from chat.exports.streaming import in_pieces
from chat.models.messages import MessageQuerySet

# Rows in memory at once.
PAGE = 100
COLUMNS = {
    "id": "pk",
    "room": "room__slug",
    "seq": "seq",
    "author": "author__name",
    "author_id": "author_id",
    "author_is_bot": "author__is_bot",
    "body": "body",
    "reply_to": "reply_to",
    "created_at": "created_at",
    "edited_at": "edited_at",
    "deleted_at": "deleted_at",
    "has": "has",
}
# Spreadsheets read a cell that begins with one of these as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_encoder = msgspec.json.Encoder()


def as_csv(messages: MessageQuerySet) -> Iterator[bytes]:
    """Return a header line and a line for each message (RFC 4180). An apostrophe is put before a formula.

    It begins with a byte order mark. Without it, Excel takes the text for another encoding than UTF-8.
    """
    lines = (_csv([[_without_formula(cell) for cell in row]]) for row in _rows(messages))
    return in_pieces(itertools.chain([codecs.BOM_UTF8, _csv([list(COLUMNS)])], lines))


def as_json_lines(messages: MessageQuerySet) -> Iterator[bytes]:
    """Return one JSON object on a line for each message."""
    return in_pieces(_encoder.encode(dict(zip(COLUMNS, row, strict=True))) + b"\n" for row in _rows(messages))


FORMATS = {"csv": (as_csv, "text/csv; charset=utf-8"), "jsonl": (as_json_lines, "application/jsonl")}


def _rows(messages: MessageQuerySet) -> Iterator[tuple[Any, ...]]:
    """Yield all rows in the order of their ids, in pages, so that no cursor stays open while a client is slow.

    The body is null where the admin does not show it.
    """
    columns: dict[str, Any] = COLUMNS | {"body": staff_text.column()}
    rows = messages.order_by("pk").values_list(*columns.values())
    last = 0
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        last = page[-1][0]
        yield from page


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _without_formula(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell

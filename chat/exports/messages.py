"""Export of messages from the admin as CSV or JSON Lines, in pages by id, sent while it is read."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from chat import parts
from chat.auth import staff_text
from chat.exports.streaming import in_pieces
from chat.models import Attachment, Preview
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
# The names of the files, and the titles of the link previews. A table has each on a line of the cell.
PARTS = ("files", "previews")
_ID, _BODY, _HAS = (list(COLUMNS).index(name) for name in ("id", "body", "has"))
# Spreadsheets read a cell that begins with one of these as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

_encoder = msgspec.json.Encoder()


def as_csv(messages: MessageQuerySet) -> Iterator[bytes]:
    """Return a header line and a line for each message (RFC 4180). An apostrophe is put before a formula.

    It begins with a byte order mark. Without it, Excel takes the text for another encoding than UTF-8.
    """
    lines = (_csv([[_without_formula(_cell(it)) for it in row]]) for row in _rows(messages))
    return in_pieces(itertools.chain([codecs.BOM_UTF8, _csv([[*COLUMNS, *PARTS]])], lines))


def as_json_lines(messages: MessageQuerySet) -> Iterator[bytes]:
    """Return one JSON object on a line for each message."""
    names = (*COLUMNS, *PARTS)
    return in_pieces(_encoder.encode(dict(zip(names, row, strict=True))) + b"\n" for row in _rows(messages))


FORMATS = {"csv": (as_csv, "text/csv; charset=utf-8"), "jsonl": (as_json_lines, "application/jsonl")}


def _rows(messages: MessageQuerySet) -> Iterator[tuple[Any, ...]]:
    """Yield all rows in the order of their ids, in pages, so that no cursor stays open while a client is slow.

    The body is null where the admin does not show it, and so are the names of files and the titles of previews.
    """
    columns: dict[str, Any] = COLUMNS | {"body": staff_text.column()}
    rows = messages.order_by("pk").values_list(*columns.values())
    last = 0
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        last = page[-1][_ID]
        shown = {row[_ID]: row[_HAS] or 0 for row in page if row[_BODY] is not None}
        files, previews = _files(shown), _previews(shown)
        for row in page:
            yield (*row, *((it.get(row[_ID], []) if row[_ID] in shown else None) for it in (files, previews)))


def _files(shown: Mapping[int, int]) -> dict[int, list[str]]:
    """Return the names of the files of messages. `shown` are their bits of `Has` by their ids."""
    rows = Attachment.objects.filter(message__in=[pk for pk, has in shown.items() if has & parts.FILES])
    return _lists(rows.order_by("message", "position").values_list("message_id", "file__name"))


def _previews(shown: Mapping[int, int]) -> dict[int, list[str]]:
    rows = Preview.objects.filter(message__in=[pk for pk, has in shown.items() if has & parts.PREVIEWS], hidden_at=None)
    return _lists(rows.order_by("message", "pk").values_list("message_id", "title"))


def _lists(rows: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    lists: dict[int, list[str]] = {}
    for message_id, text in rows:
        lists.setdefault(message_id, []).append(text)
    return lists


def _cell(value: Any) -> Any:
    return "\n".join(value) if isinstance(value, list) else value


def _csv(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _without_formula(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell

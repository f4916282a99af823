"""Bringing in messages from elsewhere, in bulk, under the rules they would meet here."""

import functools
import itertools
import secrets
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from chat import broadcast
from chat.actions.rendered_body import RenderedBody, people_by_name, render_body
from chat.errors import ActionError
from chat.models import Epoch, Mention, Message, Person, Reaction, Room, RoomHead
from chat.protocol import Code
from chat.text import cleaning

CHUNK = 4000
# SQLite writes the index of words down after each statement, so one for each row would take several times as long.
ROWS_PER_STATEMENT = 100
# Bodies up to this many characters are rendered once however often they come: small talk repeats itself.
CACHED_BODY_LENGTH = 500


class Entry(NamedTuple):
    """One message to bring in. `reply_to` is the position, from 0, of an earlier entry of the same import."""

    author: Person | None
    body: str
    created_at: datetime
    reply_to: int | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reactions: Sequence[tuple[Person, str]] = ()


def import_history(room: Room, entries: Iterable[Entry]) -> int:
    """Append messages to a room's log, in the order given; the number of them.

    Thousands go in one transaction. ActionError for an entry that could not have been posted: the chunks before its own
    are then in the log. Client ids are made here, so bringing the same entries in again appends them again.
    """
    places = _Places()
    stream = iter(entries)
    while chunk := list(itertools.islice(stream, CHUNK)):
        _import_chunk(room, chunk, places)
    return places.count


class _Places:
    """Which seq each entry got: dense within a chunk, but others may post between two chunks."""

    def __init__(self) -> None:
        self.count = 0
        self._starts: list[int] = []
        self._seqs: list[int] = []

    def add(self, first_seq: int, length: int) -> None:
        self._starts.append(self.count)
        self._seqs.append(first_seq)
        self.count += length

    def seq(self, position: int, before: int) -> int:
        """The seq of the entry at `position`, which must be one of those before the place `before`."""
        if not 0 <= position < before:
            raise ActionError(Code.NOT_FOUND, "A reply must refer to an earlier message of the same import.")
        chunk = bisect_right(self._starts, position) - 1
        return self._seqs[chunk] + position - self._starts[chunk]


@transaction.atomic
def _import_chunk(room: Room, chunk: list[Entry], places: _Places) -> None:
    head = RoomHead.objects.select_for_update(no_key=True).get(room=room)
    drafts = _drafts(chunk, settings.CHAT_MAX_BODY)
    first = places.count
    places.add(head.seq + 1, len(chunk))
    _insert(Message, MESSAGE_FIELDS, _message_rows(head, chunk, drafts, places, first))
    _insert(Mention, ("person", "room", "seq"), _mention_rows(head, chunk, drafts))
    _import_reactions(head, chunk)
    newest = max(entry.created_at for entry in chunk)
    head.active_at = newest if head.seq == 0 else max(head.active_at, newest)
    head.seq += len(chunk)
    head.rev += len(chunk)
    head.save(update_fields=["seq", "rev", "active_at"])
    event = broadcast.moved(room.pk, Epoch.current(), head.rev)
    broadcast.publish_on_commit(broadcast.room_group(room.pk), event)


MESSAGE_FIELDS = (
    "room", "seq", "rev", "client_id", "fingerprint", "author",
    "body", "html", "reply_to", "created_at", "edited_at", "deleted_at",
)  # fmt: skip


def _message_rows(
    head: RoomHead, chunk: list[Entry], drafts: list[RenderedBody], places: _Places, first: int
) -> Iterator[tuple[Any, ...]]:
    chance = secrets.randbits(74)
    for offset, (entry, content) in enumerate(zip(chunk, drafts, strict=True)):
        yield (
            head.room_id,
            head.seq + 1 + offset,
            head.rev + 1 + offset,
            _client_id(entry.created_at, chance + offset),
            "",
            entry.author.pk if entry.author else None,
            content.body,
            content.html,
            None if entry.reply_to is None else places.seq(entry.reply_to, first + offset),
            entry.created_at,
            entry.edited_at,
            entry.deleted_at,
        )


def _mention_rows(head: RoomHead, chunk: list[Entry], drafts: list[RenderedBody]) -> list[tuple[int, int, int]]:
    return [
        (person_id, head.room_id, seq)
        for seq, (entry, content) in enumerate(zip(chunk, drafts, strict=True), head.seq + 1)
        for person_id in sorted(content.mentions)
        if entry.author is None or person_id != entry.author.pk
    ]


def _import_reactions(head: RoomHead, chunk: list[Entry]) -> None:
    reacted = {seq: entry.reactions for seq, entry in enumerate(chunk, head.seq + 1) if entry.reactions}
    if not reacted:
        return
    if not all(cleaning.is_emoji(emoji) for reactions in reacted.values() for _, emoji in reactions):
        raise ActionError(Code.BAD_FRAME, "A reaction must be a single emoji.")
    messages = Message.objects.filter(room_id=head.room_id, seq__gt=head.seq)
    ids = dict(messages.values_list("seq", "pk"))
    rows = ((ids[seq], person.pk, emoji) for seq, reactions in reacted.items() for person, emoji in reactions)
    _insert(Reaction, ("message", "person", "emoji"), rows)


def _insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """`bulk_create` for rows without objects, in the order of the named fields: several times as fast."""
    columns = [column for name in names if isinstance(column := model._meta.get_field(name), models.Field)]
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    into = ", ".join(quote(it.column or name) for it, name in zip(columns, names, strict=True))
    row_marks = f"({', '.join('%s' for _ in columns)})"
    prepared = _prepared(columns, rows)
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        while portion := list(itertools.islice(prepared, ROWS_PER_STATEMENT)):
            marks = ", ".join([row_marks] * len(portion))
            statement = f"INSERT INTO {quote(model._meta.db_table)} ({into}) VALUES {marks}"  # noqa: S608 (names only)
            cursor.execute(statement, list(itertools.chain.from_iterable(portion)))


def _prepared(columns: Sequence[models.Field], rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Rows as the database's driver takes them."""
    database = connections[DEFAULT_DB_ALIAS]
    special = [place for place, it in enumerate(columns) if isinstance(it, models.DateTimeField | models.UUIDField)]
    for row in rows:
        values = list(row)
        for place in special:
            if values[place] is not None:
                values[place] = columns[place].get_db_prep_value(values[place], database, prepared=True)
        yield values


def _client_id(created_at: datetime, chance: int) -> uuid.UUID:
    """A version 7 id (RFC 9562, section 5.7) of 74 bits of chance, which may count up (6.2, method 2).

    As it begins with the time, the index entries of each author lie together.
    """
    milliseconds = max(0, int(created_at.timestamp() * 1000))
    high, low = chance >> 62 & 0xFFF, chance & (1 << 62) - 1
    return uuid.UUID(int=milliseconds << 80 | 0b0111 << 76 | high << 64 | 0b10 << 62 | low)


def _drafts(chunk: list[Entry], limit: int) -> list[RenderedBody]:
    drafts = [_draft(entry.body, limit) for entry in chunk]
    named = people_by_name(drafts)
    return [draft.with_mentions(named) for draft in drafts]


def _draft(body: str, limit: int) -> RenderedBody:
    return _cached_draft(body, limit) if len(body) <= CACHED_BODY_LENGTH else render_body(body, limit)


@functools.lru_cache(maxsize=20_000)
def _cached_draft(body: str, limit: int) -> RenderedBody:
    return render_body(body, limit)

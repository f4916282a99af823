"""Bulk import of messages, with the same rules as for posted ones."""

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
from chat.actions.mention_rows import causes_of
from chat.actions.rendered_body import RenderedBody, paths_by_slug, people_by_name, render_body
from chat.errors import ActionError
from chat.models import Epoch, Membership, Mention, Message, Person, Reaction, Room, RoomHead
from chat.protocol import Code
from chat.text import cleaning

CHUNK = 4000
# SQLite writes the full-text index after each statement, so a statement per row would take several times as long.
ROWS_PER_STATEMENT = 100
# Bodies up to this length are rendered once, because short texts are often repeated.
CACHED_BODY_LENGTH = 500


class Entry(NamedTuple):
    """A message to import. `reply_to` is the index, from 0, of an earlier entry of the same import."""

    author: Person | None
    body: str
    created_at: datetime
    reply_to: int | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reactions: Sequence[tuple[Person, str]] = ()


def import_history(room: Room, entries: Iterable[Entry]) -> int:
    """Append messages to a room's log in the given order, and return their number.

    Each transaction imports `CHUNK` messages. Raise ActionError for an entry that could not have been posted. The
    chunks before it stay in the log. Client ids are generated, so a second import of the same entries appends them
    again. Replies notify no one, and `@room` is plain text.
    """
    seqs = _AssignedSeqs()
    stream = iter(entries)
    while chunk := list(itertools.islice(stream, CHUNK)):
        _import_chunk(room, chunk, seqs)
    return seqs.count


class _AssignedSeqs:
    """The seq of each imported entry. They are consecutive within a chunk, but people may post between two chunks."""

    def __init__(self) -> None:
        self.count = 0
        self._starts: list[int] = []
        self._seqs: list[int] = []

    def add(self, first_seq: int, length: int) -> None:
        self._starts.append(self.count)
        self._seqs.append(first_seq)
        self.count += length

    def seq(self, index: int, before: int) -> int:
        """Return the seq of the entry at `index`, which must be less than `before`."""
        if not 0 <= index < before:
            raise ActionError(Code.NOT_FOUND, "A reply must refer to an earlier message of the same import.")
        chunk = bisect_right(self._starts, index) - 1
        return self._seqs[chunk] + index - self._starts[chunk]


@transaction.atomic
def _import_chunk(room: Room, chunk: list[Entry], seqs: _AssignedSeqs) -> None:
    head = RoomHead.objects.select_for_update(no_key=True).get(room=room)
    head.room = room
    bodies = _render_bodies(chunk, settings.CHAT_MAX_BODY)
    first = seqs.count
    seqs.add(head.seq + 1, len(chunk))
    _insert(Message, MESSAGE_FIELDS, _message_rows(head, chunk, bodies, seqs, first))
    mentions = _mention_rows(head, chunk, bodies)
    _insert(Mention, ("person", "room", "seq"), mentions)
    _import_reactions(head, chunk)
    newest = max(entry.created_at for entry in chunk)
    head.active_at = newest if head.seq == 0 else max(head.active_at, newest)
    head.seq += len(chunk)
    head.rev += len(chunk)
    head.save(update_fields=["seq", "rev", "active_at"])
    broadcast.publish(broadcast.moved(room.pk, Epoch.current(), head.rev))
    broadcast.publish_moved(heads=[(room.pk, head.seq)], mentioned=[(it[0] or 0, *it[1:]) for it in mentions])


MESSAGE_FIELDS = (
    "room", "seq", "rev", "client_id", "fingerprint", "author",
    "body", "html", "search_text", "reply_to", "created_at", "edited_at", "deleted_at", "has",
)  # fmt: skip


def _message_rows(
    head: RoomHead, chunk: list[Entry], bodies: list[RenderedBody], seqs: _AssignedSeqs, first: int
) -> Iterator[tuple[Any, ...]]:
    random_bits = secrets.randbits(74)
    for offset, (entry, rendered) in enumerate(zip(chunk, bodies, strict=True)):
        yield (
            head.room_id,
            head.seq + 1 + offset,
            head.rev + 1 + offset,
            _client_id(entry.created_at, random_bits + offset),
            "",
            entry.author.pk if entry.author else None,
            rendered.body,
            rendered.html,
            rendered.search_text,
            None if entry.reply_to is None else seqs.seq(entry.reply_to, first + offset),
            entry.created_at,
            entry.edited_at,
            entry.deleted_at,
            rendered.has or None,
        )


def _mention_rows(head: RoomHead, chunk: list[Entry], bodies: list[RenderedBody]) -> list[tuple[int | None, int, int]]:
    people = {person_id for rendered in bodies for person_id in rendered.mentions.people}
    found = Membership.objects.filter(room=head.room_id, person__in=people) if people else ()
    memberships = {(membership.person_id, head.room_id): membership for membership in found}
    return [
        (person_id, head.room_id, seq)
        for seq, (entry, rendered) in enumerate(zip(chunk, bodies, strict=True), head.seq + 1)
        if rendered.mentions.people and entry.deleted_at is None
        for person_id in causes_of(
            head.room, entry.author.pk if entry.author else None, rendered.mentions, None, memberships
        )
    ]


def _import_reactions(head: RoomHead, chunk: list[Entry]) -> None:
    reacted = {seq: entry.reactions for seq, entry in enumerate(chunk, head.seq + 1) if entry.reactions}
    if not reacted:
        return
    if not all(cleaning.is_emoji(emoji) for reactions in reacted.values() for _, emoji in reactions):
        raise ActionError(Code.BAD_FRAME, "A reaction must be a single emoji.")
    messages = Message.objects.filter(room_id=head.room_id, seq__gt=head.seq)
    ids = dict(messages.values_list("seq", "pk"))
    rows = dict.fromkeys(
        (ids[seq], person.pk, cleaning.canonical_emoji(emoji))
        for seq, reactions in reacted.items()
        for person, emoji in reactions
    )
    _insert(Reaction, ("message", "person", "emoji"), rows)


def _insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values in the order of the named fields. Several times as fast as `bulk_create` with objects."""
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
    """Yield rows with values as the database's driver takes them."""
    database = connections[DEFAULT_DB_ALIAS]
    to_convert = [i for i, it in enumerate(columns) if isinstance(it, models.DateTimeField | models.UUIDField)]
    for row in rows:
        values = list(row)
        for i in to_convert:
            if values[i] is not None:
                values[i] = columns[i].get_db_prep_value(values[i], database, prepared=True)
        yield values


def _client_id(created_at: datetime, random_bits: int) -> uuid.UUID:
    """Return a version 7 UUID (RFC 9562, section 5.7). Its 74 random bits may count up (section 6.2, method 2).

    The id begins with the time, so the index entries of an author are close together.
    """
    milliseconds = max(0, int(created_at.timestamp() * 1000))
    high, low = random_bits >> 62 & 0xFFF, random_bits & (1 << 62) - 1
    return uuid.UUID(int=milliseconds << 80 | 0b0111 << 76 | high << 64 | 0b10 << 62 | low)


def _render_bodies(chunk: list[Entry], limit: int) -> list[RenderedBody]:
    bodies = [_render(entry.body, limit) for entry in chunk]
    named, rooms = people_by_name(bodies), paths_by_slug(bodies)
    return [body.with_mentions(named, rooms) for body in bodies]


def _render(body: str, limit: int) -> RenderedBody:
    return _render_cached(body, limit) if len(body) <= CACHED_BODY_LENGTH else render_body(body, limit)


@functools.lru_cache(maxsize=20_000)
def _render_cached(body: str, limit: int) -> RenderedBody:
    return render_body(body, limit)

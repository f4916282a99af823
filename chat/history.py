"""Reading a room's log: pages of messages for pages and the API, and changes after a revision for connections.

Both read the head before the rows. A change in between is then delivered twice, never skipped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from chat import parts, protocol, serializers
from chat.db.compiled_queries import CompiledQuery, Param, ParamList
from chat.models import Epoch, Message, Reaction, Room, RoomHead
from chat.models.messages import MessageQuerySet
from chat.protocol import Cursor
from chat.text.cleaning import canonical_emoji

PAGE_LIMIT = 200
# The most that one read for connections holds in memory, as JSON.
PAGE_BYTES = 2 * 1024 * 1024
# Cached messages at the ends of rooms. One has about a kilobyte, seldom more than a few.
NEWEST_KEPT = 1000

PageQuery = Callable[[int], CompiledQuery[Message]]


def _pages(choose: Callable[[MessageQuerySet], MessageQuerySet]) -> PageQuery:
    """Return a function from a limit to the query of that many messages of `room`, chosen and ordered by `choose`.

    Messages up to `floor` are left out.
    """
    room, floor = Param("room", Room._meta.pk), Param("floor", Message._meta.get_field("seq"))

    @cache
    def of(limit: int) -> CompiledQuery[Message]:
        return CompiledQuery(
            lambda: choose(Message.objects.filter(room_id=room, seq__gt=floor).with_client_fields())[:limit]
        )

    return of


SEQ, REV, TOP = (Param(name, Message._meta.get_field("rev")) for name in ("seq", "rev", "top"))
NEWEST = _pages(lambda rows: rows.newest())
NEWEST_BELOW = _pages(lambda rows: rows.filter(rev__lte=TOP).newest())
BEFORE = _pages(lambda rows: rows.before(SEQ))
AFTER = _pages(lambda rows: rows.after(SEQ))
CHANGED = _pages(lambda rows: rows.changed_after(REV, up_to=TOP))
HEADS = CompiledQuery(
    lambda: RoomHead.objects.filter(pk__in=ParamList("ids", Room._meta.pk)).values_list(
        "room_id", "seq", "rev", "floor_rev"
    )
)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a room's log: its last seq and revision, and the revision below which it cannot be resumed."""

    epoch: str
    room_id: int
    seq: int
    rev: int
    floor_rev: int

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.room_id, self.rev)

    def can_resume(self, cursor: Cursor, limit: int) -> bool:
        """Return whether a client with everything up to `cursor` can get the rest as at most `limit` revisions."""
        return (cursor.epoch, cursor.room_id) == (self.epoch, self.room_id) and max(
            self.floor_rev, self.rev - limit
        ) <= cursor.rev <= self.rev


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Messages in seq order, and the cursor from which to follow later changes.

    `more` tells whether there are more in the direction of reading, `newest` is the seq of the room's last message.
    """

    messages: list[protocol.MessageData]
    cursor: Cursor
    more: bool
    newest: int

    @property
    def goes_on(self) -> bool:
        """Return whether the room has messages after these."""
        return bool(self.messages) and self.messages[-1].seq < self.newest


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """The changes in (`after`, `rev`], as (rev, message as JSON) in rev order. `head` was read before the rows."""

    head: Head
    after: int
    rev: int
    entries: list[tuple[int, bytes]]


def heads(room_ids: list[int]) -> dict[int, Head]:
    """Return the heads of those rooms that exist. Takes two queries."""
    epoch = Epoch.current()
    return {row[0]: Head(epoch, *row) for row in HEADS.rows(ids=room_ids)}


def head(room_id: int) -> Head | None:
    return heads([room_id]).get(room_id)


def changes_after(room_id: int, rev: int, limit: int) -> ChangedRows | None:
    """Return at most `limit` changes after `rev`, oldest first, or None if the room does not exist.

    They have at most about `PAGE_BYTES`. A page that is not full reaches the head, a full one reaches its last row (as
    by MODSEQ in RFC 7162).
    """
    top = head(room_id)
    if top is None:
        return None
    rows = CHANGED(limit).rows(room=room_id, floor=0, rev=rev, top=top.rev)
    found = [(message.rev, serializers.encode(message)) for message in serializers.messages(rows)]
    entries = _first_bytes(found)
    is_full = len(entries) < len(found) or len(found) == limit
    return ChangedRows(top, rev, entries[-1][0] if is_full else top.rev, entries)


def newest(room_id: int, number: int, floor_seq: int = 0) -> ChangedRows | None:
    """Return the `number` newest messages above `floor_seq` as changes, for a connection that asks for history.

    They are fewer if they would exceed `PAGE_BYTES`. Returns None if the room does not exist.
    """
    top = head(room_id)
    if top is None:
        return None
    rows = NEWEST_BELOW(number).rows(room=room_id, floor=floor_seq, top=top.rev)
    entries = _first_bytes([(message.rev, serializers.encode(message)) for message in serializers.messages(rows)])
    return ChangedRows(top, 0, top.rev, sorted(entries))


def _first_bytes(entries: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Return as many of the first entries as fit in `PAGE_BYTES`, but at least one if there is one."""
    size = 0
    for number, (_, message) in enumerate(entries):
        size += len(message)
        if size > PAGE_BYTES and number:
            return entries[:number]
    return entries


def reactions(room: Room, seq: int) -> list[protocol.ReactionBy]:
    """Return the reactions to one message by emoji, the earliest first, with their people. Takes one query."""
    rows = Reaction.objects.filter(
        message__room=room, message__seq=seq, message__seq__gt=room.floor_seq, message__deleted_at=None
    )
    people: dict[str, dict[int, protocol.PersonData]] = {}
    for row in rows.select_related("person").order_by("pk"):
        people.setdefault(canonical_emoji(row.emoji), {})[row.person_id] = serializers.person(row.person)
    return [
        protocol.ReactionBy(emoji, len(by), list(by.values())[: protocol.MAX_PEOPLE_NAMED])
        for emoji, by in people.items()
    ]


def page(
    room: Room, *, before: int | None = None, after: int | None = None, around: int | None = None, limit: int = 50
) -> HistoryPage:
    """Return `limit` messages before, after or around a seq, or else the newest. Of several, the first named counts.

    `room` is from `Room.seen_by`. Messages up to its floor are left out.

    `more` tells whether there are older messages, but with `after` whether there are newer ones.
    """
    top = head(room.pk)
    if top is None:
        raise Room.DoesNotExist
    if before is None and after is None and around is None:
        found, more = _newest(room, limit)
    else:
        rows, more = _rows(room, before, after, around, limit)
        found = serializers.messages(rows)
    found.sort(key=lambda message: message.seq)
    newest = max(top.seq, found[-1].seq if found else 0)
    return HistoryPage(found, top.cursor, more, newest)


def _rows(
    room: Room, before: int | None, after: int | None, around: int | None, limit: int
) -> tuple[list[Message], bool]:
    """Return the rows before, after or around a seq, and whether there are more."""
    if before is not None:
        return _at_most(limit, BEFORE, room, before)
    if after is not None:
        return _at_most(limit, AFTER, room, after)
    assert around is not None
    older, more = _at_most(limit // 2, BEFORE, room, around)
    return [*older, *AFTER(limit - limit // 2).rows(room=room.pk, floor=room.floor_seq, seq=around - 1)], more


def _at_most(limit: int, pages: PageQuery, room: Room, seq: int) -> tuple[list[Message], bool]:
    """Return the first `limit` messages, and whether there are more."""
    found = pages(limit + 1).rows(room=room.pk, floor=room.floor_seq, seq=seq)
    return found[:limit], len(found) > limit


def _newest(room: Room, limit: int) -> tuple[list[protocol.MessageData], bool]:
    """Return the newest messages, and whether there are more. Each page of a room needs these: they are cached."""
    pages = NEWEST(limit + 1)
    found = pages.raw(room=room.pk, floor=room.floor_seq)
    return parts.complete([_without_parts(pages, row) for row in found[:limit]]), len(found) > limit


@lru_cache(NEWEST_KEPT)
def _without_parts(pages: CompiledQuery[Message], row: tuple[Any, ...]) -> tuple[int | None, protocol.MessageData]:
    """Return what a message has, and the message without its parts. The row has the author's columns, so it is a
    complete key.
    """
    [message] = pages.read([row])
    return message.has, serializers.message(message)

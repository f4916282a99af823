"""Reading a room's log: pages of messages for people who look, changes since a cursor for connections that follow.

In each the head is read before the rows: whatever moves in between is told again, never skipped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from chat import protocol, serializers
from chat.db.compiled_queries import CompiledQuery, Param, ParamList
from chat.models import Epoch, Message, Reaction, Room, RoomHead
from chat.models.messages import MessageQuerySet
from chat.protocol import Cursor

PAGE_LIMIT = 200
# What one read for connections may take up in memory, as JSON.
PAGE_BYTES = 2 * 1024 * 1024
# Messages at the ends of rooms; a kilobyte each, seldom more than a few.
NEWEST_KEPT = 1000

PageQuery = Callable[[int], CompiledQuery[Message]]


def _pages(choose: Callable[[MessageQuerySet], MessageQuerySet]) -> PageQuery:
    """For a limit, so many of the messages of a `room` that `choose` leaves, in its order."""
    room = Param("room", Room._meta.pk)

    @cache
    def of(limit: int) -> CompiledQuery[Message]:
        return CompiledQuery(lambda: choose(Message.objects.filter(room_id=room).with_client_fields())[:limit])

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
    """Where a room's log stands."""

    epoch: str
    room_id: int
    seq: int
    rev: int
    floor_rev: int

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.room_id, self.rev)

    def can_resume(self, cursor: Cursor, limit: int) -> bool:
        """Whether a client that holds everything up to `cursor` can be told the rest, at most `limit` changes."""
        return (cursor.epoch, cursor.room_id) == (self.epoch, self.room_id) and max(
            self.floor_rev, self.rev - limit
        ) <= cursor.rev <= self.rev


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Messages in seq order, the cursor from which to follow what happens next, whether there are more beyond, and the
    seq of the room's newest message: above the last of these, there are more after them."""

    messages: list[protocol.MessageData]
    cursor: Cursor
    more: bool
    newest: int

    @property
    def goes_on(self) -> bool:
        """Whether there are more after these."""
        return bool(self.messages) and self.messages[-1].seq < self.newest


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """What moved in (`after`, `rev`]: (rev, message as JSON) in rev order. `head` was read before the rows."""

    head: Head
    after: int
    rev: int
    entries: list[tuple[int, bytes]]


def heads(room_ids: list[int]) -> dict[int, Head]:
    """The heads of the rooms that exist. Two queries."""
    epoch = Epoch.current()
    return {row[0]: Head(epoch, *row) for row in HEADS.rows(ids=room_ids)}


def head(room_id: int) -> Head | None:
    return heads([room_id]).get(room_id)


def changes_after(room_id: int, rev: int, limit: int) -> ChangedRows | None:
    """At most `limit` changes after `rev`, and at most about `PAGE_BYTES`, oldest first; None if the room is gone.

    A page that is not full reaches the head; a full one reaches its last row (RFC 7162 calls this MODSEQ order).
    """
    top = head(room_id)
    if top is None:
        return None
    rows = CHANGED(limit).rows(room=room_id, rev=rev, top=top.rev)
    found = [(message.rev, serializers.encode(message)) for message in serializers.messages(rows)]
    entries = _first_bytes(found)
    is_full = len(entries) < len(found) or len(found) == limit
    return ChangedRows(top, rev, entries[-1][0] if is_full else top.rev, entries)


def newest(room_id: int, number: int) -> ChangedRows | None:
    """The `number` newest messages as changes, or as many of them as have about `PAGE_BYTES`, for a connection that
    asks for history; None if the room is gone."""
    top = head(room_id)
    if top is None:
        return None
    rows = NEWEST_BELOW(number).rows(room=room_id, top=top.rev)
    entries = _first_bytes([(message.rev, serializers.encode(message)) for message in serializers.messages(rows)])
    return ChangedRows(top, 0, top.rev, sorted(entries))


def _first_bytes(entries: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """As many of the first entries as have `PAGE_BYTES` together; at least one, if there is one."""
    size = 0
    for number, (_, message) in enumerate(entries):
        size += len(message)
        if size > PAGE_BYTES and number:
            return entries[:number]
    return entries


def reactions(room: Room, seq: int) -> list[protocol.ReactionBy]:
    """The emoji on one message, first come first, each with the people behind it. One query."""
    rows = Reaction.objects.filter(message__room=room, message__seq=seq, message__deleted_at=None)
    people: dict[str, list[protocol.PersonData]] = {}
    for row in rows.select_related("person").order_by("pk"):
        people.setdefault(row.emoji, []).append(serializers.person(row.person))
    return [protocol.ReactionBy(emoji, len(by), by[: protocol.MAX_PEOPLE_NAMED]) for emoji, by in people.items()]


def page(
    room: Room, *, before: int | None = None, after: int | None = None, around: int | None = None, limit: int = 50
) -> HistoryPage:
    """`limit` messages before, after or around a seq; the newest without any. Of several, the first named here counts.

    `more` tells whether the room goes on in the direction of reading: upwards, but downwards for `after`.
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
    """Those at one place, and whether there are others."""
    if before is not None:
        return _at_most(limit, BEFORE, room, before)
    if after is not None:
        return _at_most(limit, AFTER, room, after)
    assert around is not None
    older, more = _at_most(limit // 2, BEFORE, room, around)
    return [*older, *AFTER(limit - limit // 2).rows(room=room.pk, seq=around - 1)], more


def _at_most(limit: int, pages: PageQuery, room: Room, seq: int) -> tuple[list[Message], bool]:
    """The first messages, and whether there are others."""
    found = pages(limit + 1).rows(room=room.pk, seq=seq)
    return found[:limit], len(found) > limit


def _newest(room: Room, limit: int) -> tuple[list[protocol.MessageData], bool]:
    """The same of the newest. Who comes into a room sees those that everybody sees."""
    pages = NEWEST(limit + 1)
    found = pages.raw(room=room.pk)
    return serializers.with_reactions([_bare(pages, row) for row in found[:limit]]), len(found) > limit


@lru_cache(NEWEST_KEPT)
def _bare(pages: CompiledQuery[Message], row: tuple[Any, ...]) -> protocol.MessageData:
    """The message of a row, without reactions. It is all that it depends on, with the author's columns in it."""
    [message] = pages.read([row])
    return serializers.message(message)

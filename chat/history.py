"""Reading a room's log: pages of messages for people who look, changes since a cursor for connections that follow.

In each the head is read before the rows: whatever moves in between is told again, never skipped.
"""

from dataclasses import dataclass

from chat import protocol, wire
from chat.models import Epoch, Message, Reaction, Room, RoomHead
from chat.models.messages import MessageQuerySet
from chat.protocol import Cursor

PAGE_LIMIT = 200
# What one read for connections may take up in memory, as JSON.
PAGE_BYTES = 2 * 1024 * 1024


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
class Page:
    """Messages in seq order, the cursor from which to follow what happens next, whether there are more beyond, and the
    seq of the room's newest message: above the last of these, there are more after them."""

    messages: list[protocol.Message]
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
    rows = RoomHead.objects.filter(pk__in=room_ids).values_list("room_id", "seq", "rev", "floor_rev")
    return {row[0]: Head(epoch, *row) for row in rows}


def head(room_id: int) -> Head | None:
    return heads([room_id]).get(room_id)


def changes_after(room_id: int, rev: int, limit: int) -> ChangedRows | None:
    """At most `limit` changes after `rev`, and at most about `PAGE_BYTES`, oldest first; None if the room is gone.

    A page that is not full reaches the head; a full one reaches its last row (RFC 7162 calls this MODSEQ order).
    """
    top = head(room_id)
    if top is None:
        return None
    rows = Message.objects.filter(room_id=room_id).changed_after(rev, up_to=top.rev).with_author()[:limit]
    found = [(message.rev, wire.encode(message)) for message in wire.messages(rows)]
    entries = _first_bytes(found)
    is_full = len(entries) < len(found) or len(found) == limit
    return ChangedRows(top, rev, entries[-1][0] if is_full else top.rev, entries)


def newest(room_id: int, number: int) -> ChangedRows | None:
    """The `number` newest messages as changes, or as many of them as have about `PAGE_BYTES`, for a connection that
    asks for history; None if the room is gone."""
    top = head(room_id)
    if top is None:
        return None
    rows = Message.objects.filter(room_id=room_id, rev__lte=top.rev).with_author().newest()[:number]
    entries = _first_bytes([(message.rev, wire.encode(message)) for message in wire.messages(rows)])
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
    people: dict[str, list[protocol.Person]] = {}
    for row in rows.select_related("person").order_by("pk"):
        people.setdefault(row.emoji, []).append(wire.person(row.person))
    return [protocol.ReactionBy(emoji, len(by), by[: protocol.MAX_PEOPLE_NAMED]) for emoji, by in people.items()]


def page(
    room: Room, *, before: int | None = None, after: int | None = None, around: int | None = None, limit: int = 50
) -> Page:
    """`limit` messages before, after or around a seq; the newest without any. Of several, the first named here counts.

    `more` tells whether the room goes on in the direction of reading: upwards, but downwards for `after`.
    """
    top = head(room.pk)
    if top is None:
        raise Room.DoesNotExist
    rows = Message.objects.filter(room=room).with_author()
    if around is not None and before is None and after is None:
        older, more = _at_most(limit // 2, rows.before(around))
        found = [*older, *rows.after(around - 1)[: limit - limit // 2]]
    elif before is not None:
        found, more = _at_most(limit, rows.before(before))
    else:
        found, more = _at_most(limit, rows.newest() if after is None else rows.after(after))
    found.sort(key=lambda message: message.seq)
    newest = max(top.seq, found[-1].seq if found else 0)
    return Page(wire.messages(found), top.cursor, more, newest)


def _at_most(limit: int, rows: MessageQuerySet) -> tuple[list[Message], bool]:
    """The first rows, and whether there are others."""
    found = list(rows[: limit + 1])
    return found[:limit], len(found) > limit

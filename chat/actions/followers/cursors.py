"""The cursors of a follower, one in each room's log. A post writes nothing for a follower, which reads the log later.

A follower works on the changes between its cursor and the head, at most `CHANGES_AT_ONCE` at a time. It writes what
follows from them in the transaction that moves the cursor, and in others before it if there is much to write. After a
crash, the last changes are worked on again. Another process that moves the cursor first makes the transaction fail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from chat.db.compiled_queries import CompiledQuery, Param
from chat.models import FollowerCursor, Message, Room, RoomHead

CHANGES_AT_ONCE = 200
TABLE = FollowerCursor._meta.db_table
# Cursors at the heads of all rooms. Django has no expression for it.
AT_HEADS = (
    f"INSERT INTO {TABLE} (follower, room_id, rev, seq) SELECT %s, room_id, rev, seq FROM {RoomHead._meta.db_table} "  # noqa: S608
    "WHERE {condition} ON CONFLICT (follower, room_id) DO UPDATE SET rev = excluded.rev, seq = excluded.seq "
    f"WHERE {TABLE}.rev <> excluded.rev"
)


class CursorLost(Exception):
    """Another process has moved the cursor meanwhile, so nothing was written."""


class Change(NamedTuple):
    """A message that was posted or changed, without its text. Times are as the database has them, or None."""

    seq: int
    rev: int
    author_id: int | None
    fingerprint: str
    edited_at: Any
    deleted_at: Any
    has: int | None = None


CHANGE_FIELDS = tuple(Change.__annotations__)


@dataclass(frozen=True, slots=True)
class Step:
    """Changes of a room by revision, the cursor before them and the one after. Cursors are (rev, seq)."""

    follower: str
    room_id: int
    before: tuple[int, int]
    after: tuple[int, int]
    changes: list[Change]
    visibility: str = ""

    @property
    def is_direct(self) -> bool:
        return self.visibility == Room.Visibility.DIRECT

    def is_new(self, change: Change) -> bool:
        """Return whether the message was posted since the cursor. Any other one was changed.

        A message may be new a second time if it was changed while the follower was far behind.
        """
        return change.seq > self.before[1]


def start(follower: str) -> None:
    """Set the cursors of a follower that has none to the present heads, so that it begins with new messages."""
    with transaction.atomic():
        if not FollowerCursor.objects.filter(follower=follower).exists():
            skip(follower)


def skip(follower: str, condition: str = "true") -> None:
    """Move all cursors to the heads, if `condition` holds in SQL. Both are read at the same moment."""
    with connection.cursor() as cursor:
        cursor.execute(AT_HEADS.format(condition=condition), [follower])


def behind(follower: str) -> dict[int, int]:
    """Return the rooms whose heads the follower has not reached, and by how many revisions. Takes one query."""
    own = FollowerCursor.objects.filter(follower=follower, room=OuterRef("room"))
    heads = RoomHead.objects.annotate(reached=Coalesce(Subquery(own.values("rev")), 0)).exclude(rev=F("reached"))
    return {room_id: rev - reached for room_id, rev, reached in heads.values_list("room_id", "rev", "reached")}


def _heads() -> "QuerySet[RoomHead, Any]":
    room = Param("room", Room._meta.pk)
    own = FollowerCursor.objects.filter(follower=Param("follower", _FOLLOWER), room=OuterRef("room"))
    reached = [Coalesce(Subquery(own.values(name)), 0) for name in ("rev", "seq")]
    columns = ("rev", "seq", "room__visibility", "reached_rev", "reached_seq")
    heads = RoomHead.objects.filter(pk=room).annotate(reached_rev=reached[0], reached_seq=reached[1])
    return heads.values_list(*columns)


@cache
def _changes(limit: int) -> "CompiledQuery[Any]":
    return CompiledQuery(lambda: _changed_rows()[:limit])


def _changed_rows() -> "QuerySet[Message, Any]":
    rev, top = (Param(name, Message._meta.get_field("rev")) for name in ("rev", "top"))
    rows = Message.objects.filter(room_id=Param("room", Room._meta.pk)).changed_after(rev, up_to=top)
    return rows.values_list(*CHANGE_FIELDS)


_FOLLOWER = FollowerCursor._meta.get_field("follower")
# A follower reads it about twice a second while people write.
_HEADS = CompiledQuery(_heads)


def next_step(follower: str, room_id: int) -> Step | None:
    """Return the changes after the cursor, or None if there are none. Two queries: the head is read before the rows."""
    found = _HEADS.rows(follower=follower, room=room_id)
    if not found or found[0][0] == found[0][3]:
        return None
    [(rev, seq, visibility, *reached)] = found
    before = (reached[0], reached[1])
    changes = [Change(*row) for row in _changes(CHANGES_AT_ONCE).raw(room=room_id, rev=before[0], top=rev)]
    is_last = len(changes) < CHANGES_AT_ONCE or changes[-1].rev == rev
    after = (rev, seq) if is_last else (changes[-1].rev, _known_up_to(before[1], changes))
    return Step(follower, room_id, before, after, changes, visibility)


def _known_up_to(seq: int, changes: list[Change]) -> int:
    """Return the seq up to which all messages are known. One that was edited since is in a later step."""
    seqs = {change.seq for change in changes}
    while seq + 1 in seqs:
        seq += 1
    return seq


def finish(step: Step, write: Callable[..., Any], *arguments: Any) -> None:
    """Call `write(*arguments)` and move the cursor, in one transaction.

    Raise CursorLost if another process has moved the cursor. Then nothing is written.
    """
    with transaction.atomic():
        write(*arguments)
        place = {"follower": step.follower, "room_id": step.room_id}
        if step.before == (0, 0):  # perhaps without a row
            FollowerCursor.objects.bulk_create([FollowerCursor(**place, rev=0, seq=0)], ignore_conflicts=True)
        rows = FollowerCursor.objects.filter(**place, rev=step.before[0])
        if not rows.update(rev=step.after[0], seq=step.after[1]):
            raise CursorLost

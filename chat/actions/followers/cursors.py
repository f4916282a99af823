"""The cursors of a follower, one in each room's log. A post writes nothing for a follower, which reads the log later.

A follower works on the changes between its cursor and the head, at most `CHANGES_AT_ONCE` at a time. It writes what
follows from them in the transaction that moves the cursor, and in others before it if there is much to write. After a
crash, the last changes are worked on again. Another process that moves the cursor first makes the transaction fail.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from chat.models import FollowerCursor, Message, RoomHead

CHANGES_AT_ONCE = 200
FIELDS = ("seq", "rev", "author_id", "fingerprint", "created_at", "edited_at", "deleted_at")
# Cursors at the heads of all rooms. Django has no expression for it.
START = (
    f"INSERT INTO {FollowerCursor._meta.db_table} (follower, room_id, rev, seq) "  # noqa: S608
    f"SELECT %s, room_id, rev, seq FROM {RoomHead._meta.db_table} WHERE true ON CONFLICT DO NOTHING"
)


class CursorLost(Exception):
    """Another process has moved the cursor meanwhile, so nothing was written."""


class Change(NamedTuple):
    """A message that was posted or changed, without its text."""

    seq: int
    rev: int
    author_id: int | None
    fingerprint: str
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """Changes of a room by revision, the cursor before them and the one after. Cursors are (rev, seq)."""

    follower: str
    room_id: int
    before: tuple[int, int]
    after: tuple[int, int]
    changes: list[Change]

    def is_new(self, change: Change) -> bool:
        """Return whether the message was posted since the cursor. Any other one was changed.

        A message may be new a second time if it was changed while the follower was far behind.
        """
        return change.seq > self.before[1]


def start(follower: str) -> None:
    """Set the cursors of a follower that has none to the present heads, so that it begins with new messages."""
    with transaction.atomic():
        if not FollowerCursor.objects.filter(follower=follower).exists():
            with connection.cursor() as cursor:
                cursor.execute(START, [follower])


def behind(follower: str) -> dict[int, int]:
    """Return the rooms whose heads the follower has not reached, and by how many revisions. Takes one query."""
    own = FollowerCursor.objects.filter(follower=follower, room=OuterRef("room"))
    heads = RoomHead.objects.annotate(reached=Coalesce(Subquery(own.values("rev")), 0)).exclude(rev=F("reached"))
    return {room_id: rev - reached for room_id, rev, reached in heads.values_list("room_id", "rev", "reached")}


def next_step(follower: str, room_id: int) -> Step | None:
    """Return the changes after the cursor, or None if there are none. Two queries: the head is read before the rows."""
    own = FollowerCursor.objects.filter(follower=follower, room=OuterRef("room"))
    reached = {name: Coalesce(Subquery(own.values(name)), 0) for name in ("rev", "seq")}
    heads = RoomHead.objects.filter(pk=room_id).annotate(reached_rev=reached["rev"], reached_seq=reached["seq"])
    found = list(heads.values_list("rev", "seq", "reached_rev", "reached_seq"))
    if not found or found[0][0] == found[0][2]:
        return None
    [(rev, seq, reached_rev, reached_seq)] = found
    before = (reached_rev, reached_seq)
    rows = Message.objects.filter(room=room_id).changed_after(reached_rev, up_to=rev).values_list(*FIELDS)
    changes = [Change(*row) for row in rows[:CHANGES_AT_ONCE]]
    if len(changes) < CHANGES_AT_ONCE or changes[-1].rev == rev:
        return Step(follower, room_id, before, (rev, seq), changes)
    return Step(follower, room_id, before, (changes[-1].rev, _known_up_to(reached_seq, changes)), changes)


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

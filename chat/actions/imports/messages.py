"""Bulk import of messages, with the same rules as for posted ones."""

import itertools
import secrets
from bisect import bisect_right
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from chat import broadcast
from chat.actions.imports import log
from chat.actions.imports.log import Entry, Placed
from chat.actions.mention_rows import causes_of
from chat.archives.identity import timed_id
from chat.errors import ActionError
from chat.models import Membership, Mention, Room, RoomHead
from chat.protocol import Code

CHUNK = 4000


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
    first, bits = seqs.count, secrets.randbits(74)
    seqs.add(head.seq + 1, len(chunk))
    placed = [
        Placed(
            entry,
            body,
            timed_id(entry.created_at, bits + offset),
            head.seq + 1 + offset,
            None if entry.reply_to is None else seqs.seq(entry.reply_to, first + offset),
        )
        for offset, (entry, body) in enumerate(
            zip(chunk, log.rendered((it.body for it in chunk), settings.CHAT_MAX_BODY), strict=True)
        )
    ]
    log.append(head, placed)
    mentions = _mention_rows(room, placed)
    log.insert(Mention, ("person", "room", "seq"), mentions)
    broadcast.publish_moved(heads=[(room.pk, head.seq)], mentioned=[(it[0] or 0, *it[1:]) for it in mentions])


def _mention_rows(room: Room, placed: list[Placed]) -> list[tuple[int | None, int, int]]:
    people = {person_id for it in placed for person_id in it.rendered.mentions.people}
    found = Membership.objects.filter(room=room, person__in=people) if people else ()
    memberships = {(membership.person_id, room.pk): membership for membership in found}
    return [
        (person_id, room.pk, it.seq)
        for it in placed
        if it.rendered.mentions.people and it.entry.deleted_at is None
        for person_id in causes_of(
            room, it.entry.author.pk if it.entry.author else None, it.rendered.mentions, None, memberships
        )
    ]

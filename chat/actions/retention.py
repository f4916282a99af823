"""Removing messages that are older than a room keeps them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from chat import broadcast
from chat.actions import audit, removal, room_log
from chat.actions.audit import Action
from chat.actions.jobs.writes import write
from chat.auth import permissions
from chat.errors import ActionError
from chat.models import Bookmark, Epoch, Membership, Message, Person, Room, RoomHead
from chat.models.messages import MessageQuerySet
from chat.protocol import Code

# Rows of one transaction.
BATCH = 1000
MAX_KEEP_DAYS = 100 * 365
KEPT_FOREVER = "set messages to be kept forever."


@dataclass(frozen=True, slots=True)
class ExpiredMessages:
    """The messages of a room that were posted before `before` and are no longer kept."""

    room: Room
    before: datetime

    @property
    def rows(self) -> MessageQuerySet:
        return Message.objects.filter(room=self.room, created_at__lt=self.before)


def expired_messages(*, slug: str = "", days: int | None = None) -> Iterator[ExpiredMessages]:
    """Yield the expired messages of each room, or of the room `slug`. `days` replaces the rooms' own limits."""
    rooms = Room.objects.filter(slug=slug) if slug else Room.objects.all()
    for room in rooms.order_by("pk"):
        kept = days if days is not None else keep_days(room)
        if kept is None:
            continue
        expired = ExpiredMessages(room, timezone.now() - timedelta(days=kept))
        if expired.rows.exists():
            yield expired


def keep_days(room: Room) -> int | None:
    """Return for how many days a room's messages are kept. None means forever."""
    return (settings.CHAT_KEEP_DAYS if room.keep_days is None else room.keep_days) or None


def prune(expired: ExpiredMessages) -> int:
    """Remove the messages and everything that refers to them, search rows included. Return their number.

    The floor of the log goes up first. Every client is then below it, so it reloads and finds a log that begins later.
    Then the rows are deleted in batches. After an interruption, another call continues.
    """
    room = expired.room
    write(_raise_floor, room)
    pruned = 0
    try:
        while removed := write(_remove, expired):
            pruned += removed
    finally:
        write(_mark_removed_as_read, room)
        write(_raise_floor, room)
        detail = f"posted before {expired.before:%Y-%m-%d}"
        write(partial(audit.record, None, Action.PRUNE, room=room, count=pruned, detail=detail))
    return pruned


def set_keep_days(actor: Person, room: Room, days: int | None, *, reason: str = "") -> None:
    """Keep a room's messages for `days`: 0 means forever, None the site's default. For the room's owners."""
    if not permissions.actor_in(actor, room).owns:
        raise ActionError(Code.FORBIDDEN, "Only owners of this room can do that.")
    if days is not None and not 0 <= days <= MAX_KEEP_DAYS:
        detail = f"Enter a number of days up to {MAX_KEEP_DAYS:,}, or 0 to keep messages forever."
        raise ActionError(Code.BAD_FRAME, detail)
    with room_log.changing(room, actor) as change:
        room.keep_days = days
        room.save(update_fields=["keep_days"])
        kept = "site default" if days is None else f"{days} days" if days else "forever"
        audit.record(actor, Action.CHANGE_ROOM, room=room, reason=reason, detail=f"keep messages: {kept}")
        if change.room.keep_days != days:
            change.note(_note(days))


def _note(days: int | None) -> str:
    if days is None:
        return "set how long messages are kept to the site’s default."
    return f"limited how long messages are kept to {days} day{'' if days == 1 else 's'}." if days else KEPT_FOREVER


@transaction.atomic
def _raise_floor(room: Room) -> None:
    """Raise the floor to a new revision without a message, so that clients at the end of the log are below it too."""
    head = RoomHead.objects.select_for_update(no_key=True).get(pk=room.pk)
    head.rev += 1
    head.floor_rev = head.rev
    head.save(update_fields=["rev", "floor_rev"])
    broadcast.publish(broadcast.moved(room.pk, Epoch.current(), head.rev))


@transaction.atomic
def _remove(expired: ExpiredMessages) -> int:
    rows = list(expired.rows.order_by("pk").only("pk", "room_id", "seq")[:BATCH])
    removal.delete_dependents(rows)
    Bookmark.objects.filter(room=expired.room, seq__in=[row.seq for row in rows]).delete()
    Message.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


@transaction.atomic
def _mark_removed_as_read(room: Room) -> None:
    """Move read positions past the removed messages, which would count as unread otherwise."""
    first = Message.objects.filter(room=room).aggregate(first=Min("seq"))["first"]
    if first is None:
        first = RoomHead.objects.filter(pk=room.pk).aggregate(seq=Max("seq"))["seq"] + 1
    behind = Membership.objects.filter(room=room, read_seq__lt=first - 1)
    moved = [(person_id, room.pk) for person_id in behind.values_list("person_id", flat=True)]
    behind.update(read_seq=first - 1)
    broadcast.publish_moved(memberships=moved)

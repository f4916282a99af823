"""Removing messages that are older than a room keeps them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from chat import broadcast
from chat.actions import audit, removal
from chat.actions.audit import Action
from chat.auth import permissions
from chat.errors import ActionError
from chat.models import Epoch, Membership, Message, Person, Room, RoomHead
from chat.models.messages import MessageQuerySet
from chat.protocol import Code

# Rows of one transaction.
BATCH = 1000
MAX_KEEP_DAYS = 100 * 365


@dataclass(frozen=True, slots=True)
class ExpiredMessages:
    """What of a room is older than it is kept: written before `before`."""

    room: Room
    before: datetime

    @property
    def rows(self) -> MessageQuerySet:
        return Message.objects.filter(room=self.room, created_at__lt=self.before)


def expired_messages(*, slug: str = "", days: int | None = None) -> Iterator[ExpiredMessages]:
    """Of each room that has messages older than it keeps them; with `days`, than these. Of one room, if it is named."""
    rooms = Room.objects.filter(slug=slug) if slug else Room.objects.all()
    for room in rooms.order_by("pk"):
        kept = days if days is not None else keep_days(room)
        if kept is None:
            continue
        surplus = ExpiredMessages(room, timezone.now() - timedelta(days=kept))
        if surplus.rows.exists():
            yield surplus


def keep_days(room: Room) -> int | None:
    """For how many days a room's messages are kept; None: for ever."""
    return (settings.CHAT_KEEP_DAYS if room.keep_days is None else room.keep_days) or None


def prune(surplus: ExpiredMessages) -> int:
    """Remove the messages and all that hangs on them, search rows included; their number.

    The floor goes up first: whoever has not heard of it, which is everybody, starts over and finds a log that begins
    later. Then the rows go, some at a time. Cut off in the middle, it is gone on with by another call.
    """
    room = surplus.room
    _raise_floor(room)
    pruned = 0
    try:
        while removed := _remove(surplus):
            pruned += removed
    finally:
        _read_what_is_gone(room)
        _raise_floor(room)
        audit.record(None, Action.PRUNE, room=room, count=pruned, detail=f"posted before {surplus.before:%Y-%m-%d}")
    return pruned


def set_keep_days(actor: Person, room: Room, days: int | None, *, reason: str = "") -> None:
    """Keep a room's messages for so many days; 0: for ever; None: as long as the site keeps them. For its owners."""
    if not permissions.actor_in(actor, room).owns:
        raise ActionError(Code.FORBIDDEN, "Only owners of this room can do that.")
    if days is not None and not 0 <= days <= MAX_KEEP_DAYS:
        detail = f"Enter a number of days up to {MAX_KEEP_DAYS:,}, or 0 to keep messages forever."
        raise ActionError(Code.BAD_FRAME, detail)
    with transaction.atomic():
        room.keep_days = days
        room.save(update_fields=["keep_days"])
        kept = "site default" if days is None else f"{days} days" if days else "forever"
        audit.record(actor, Action.CHANGE_ROOM, room=room, reason=reason, detail=f"keep messages: {kept}")


@transaction.atomic
def _raise_floor(room: Room) -> None:
    """A revision of its own, without a message: those who stand where the log ended are below it, too."""
    head = RoomHead.objects.select_for_update(no_key=True).get(pk=room.pk)
    head.rev += 1
    head.floor_rev = head.rev
    head.save(update_fields=["rev", "floor_rev"])
    event = broadcast.moved(room.pk, Epoch.current(), head.rev)
    broadcast.publish_on_commit(broadcast.room_group(room.pk), event)


@transaction.atomic
def _remove(surplus: ExpiredMessages) -> int:
    rows = list(surplus.rows.order_by("pk").only("pk", "room_id", "seq")[:BATCH])
    removal.forget(rows)
    Message.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


@transaction.atomic
def _read_what_is_gone(room: Room) -> None:
    """What nobody can read any more does not count as unread."""
    first = Message.objects.filter(room=room).aggregate(first=Min("seq"))["first"]
    if first is None:
        first = RoomHead.objects.filter(pk=room.pk).aggregate(seq=Max("seq"))["seq"] + 1
    behind = Membership.objects.filter(room=room, read_seq__lt=first - 1)
    places = [(person_id, room.pk) for person_id in behind.values_list("person_id", flat=True)]
    behind.update(read_seq=first - 1)
    broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.read_moved(places))

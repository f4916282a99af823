"""The messages that a person has missed: what is unread now, and worth a notification by email or push.

The read position is the truth. The code that decides and the task that sends both call `missed`. So nothing is sent
that was read, deleted or hidden between the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, Window
from django.db.models.functions import Coalesce, Greatest, RowNumber

from chat import direct_rooms
from chat.models import Level, Membership, Mention, Message, NotificationChannel, Person, Room

MESSAGES_PER_ROOM = 5
# The rooms of one statement. SQLite refuses conditions that are nested a thousand times.
ROOMS_AT_ONCE = 50
# From the one that notifies least.
LEVELS: Sequence[str] = (Level.NOTHING, Level.MENTIONS, Level.ALL)
MARKS = {NotificationChannel.Kind.MAIL: "mailed_seq", NotificationChannel.Kind.PUSH: "pushed_seq"}


class MissedPlace(NamedTuple):
    """The messages of a room after `after_seq`, up to `up_to_seq`. As JSON, it is a list of three numbers."""

    room_id: int
    after_seq: int
    up_to_seq: int


@dataclass(frozen=True, slots=True)
class MissedMessage:
    """A message as a notification shows it. `text` is its Markdown.

    `cause` is None in a direct conversation, and for a message that only the level `all` asks for.
    """

    seq: int
    author_id: int
    author: str
    text: str
    created_at: datetime
    cause: Mention.Cause | None


@dataclass(frozen=True, slots=True)
class MissedRoom:
    """A room with missed messages. `messages` are the last of them in the order of the log, and `count` counts all.

    The room of a direct conversation has the name that the person sees. `after_seq` is that of the place.
    """

    room: Room
    after_seq: int
    messages: list[MissedMessage]
    count: int

    @property
    def last_seq(self) -> int:
        return self.messages[-1].seq

    @property
    def is_personal(self) -> bool:
        """Return whether one of the messages is for the person, and not only for people who want all of the room."""
        return self.room.is_direct or any(it.cause is not None for it in self.messages)


def lower_level(one: str, other: str) -> str:
    """Return the level that notifies less."""
    return min(one, other, key=LEVELS.index)


def places(person: Person, kind: str) -> list[MissedPlace]:
    """Return where the person may have missed something that the channel has not told them yet. Takes two queries."""
    level = NotificationChannel.level_for(person.pk, kind)
    if not person.is_active or level == Level.NOTHING:
        return []
    start = Greatest("read_seq", Coalesce("floor_seq", 0), Coalesce(MARKS[NotificationChannel.Kind(kind)], 0))
    mentions = Mention.objects.filter(room=OuterRef("room"), seq__gt=OuterRef("start"))
    wanted = Q(Exists(mentions.filter(person=person))) | Q(Exists(mentions.filter(person=None)))
    wanted |= Q(room__visibility=Room.Visibility.DIRECT)
    if level == Level.ALL:
        wanted |= Q(level=Level.ALL)
    rows = Membership.objects.current().filter(person=person).annotate(start=start, level=_level_of(person))
    rows = rows.filter(wanted, start__lt=F("room__head__seq")).exclude(level=Level.NOTHING).order_by("room")
    return [MissedPlace(*row) for row in rows.values_list("room_id", "start", "room__head__seq")]


def missed(
    person: Person, places: Iterable[Sequence[int]], kind: str, *, limit: int = MESSAGES_PER_ROOM
) -> list[MissedRoom]:
    """Return what the person has missed in these places, with at most `limit` messages a room, by the ids of rooms.

    `kind` is that of the channel. Its level and that of the room both apply. A place is (room id, after seq, up to
    seq). A message is missed if the person can read it and has not, it was not deleted, neither they nor someone they
    have blocked wrote it, and it is a direct message, a mention or a reply, or the level is `all`. Imported messages
    and notes of the site are never missed. Takes four queries, and one more for each 50 rooms after the first.
    """
    level = NotificationChannel.level_for(person.pk, kind)
    wanted = {room_id: MissedPlace(room_id, *rest) for room_id, *rest in places}
    if not person.is_active or level == Level.NOTHING or not wanted:
        return []
    mine = Membership.objects.current().filter(person=person, room__in=wanted).annotate(level=_level_of(person))
    memberships = list(mine.exclude(level=Level.NOTHING).select_related("room").order_by("room"))
    direct_rooms.name_rooms(person.pk, [it.room for it in memberships])
    rows: dict[int, list[dict[str, Any]]] = {}
    for first in range(0, len(memberships), ROOMS_AT_ONCE):
        some = memberships[first : first + ROOMS_AT_ONCE]
        asked = [_unread_in(it, wanted[it.room_id], is_all=level == Level.ALL) for it in some]
        for row in _last_messages(person, reduce(or_, asked), limit):
            rows.setdefault(row["room_id"], []).append(row)
    return [_room(it.room, wanted[it.room_id], rows[it.room_id]) for it in memberships if it.room_id in rows]


def _level_of(person: Person) -> Coalesce:
    """Return the level of a membership's room."""
    return Coalesce("notify", Value(person.notify))


def _unread_in(membership: Membership, place: MissedPlace, *, is_all: bool) -> Q:
    """Return the condition for the unread messages of a room that its level asks for. `is_all` allows the level `all`.

    `membership` has the annotation `level`.
    """
    start = max(place.after_seq, membership.read_seq)
    unread = Q(room=membership.room_id, seq__gt=start, seq__lte=place.up_to_seq)
    wants_all = is_all and membership.level == Level.ALL  # type: ignore[attr-defined]
    return unread if wants_all or membership.room.is_direct else unread & Q(cause__isnull=False)


def _last_messages(person: Person, asked: Q, limit: int) -> "QuerySet[Message, Any]":
    """Return the values of the last messages of each room that are `asked` for, and the `number` in each room."""
    mentions = Mention.objects.filter(Q(person=person) | Q(person=None), room=OuterRef("room"), seq=OuterRef("seq"))
    return (
        Message.objects.readable_by(person.pk)
        .annotate(cause=Subquery(mentions.values("kind")[:1]))
        .filter(asked, deleted_at=None)
        .posted_by_others(person.pk)
        .annotate(
            place=Window(RowNumber(), partition_by="room_id", order_by=F("seq").desc()),
            number=Window(Count("pk"), partition_by="room_id"),
        )
        .filter(place__lte=limit)
        .order_by("room_id", "seq")
        .values("room_id", "seq", "author_id", "author__name", "body", "created_at", "cause", "number")
    )


def _room(room: Room, place: MissedPlace, rows: list[dict[str, Any]]) -> MissedRoom:
    return MissedRoom(room, place.after_seq, [_message(it) for it in rows], rows[0]["number"])


def _message(row: dict[str, Any]) -> MissedMessage:
    cause = None if row["cause"] is None else Mention.Cause(row["cause"])
    return MissedMessage(row["seq"], row["author_id"], row["author__name"], row["body"], row["created_at"], cause)

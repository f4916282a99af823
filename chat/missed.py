"""The messages that a person has missed: what is unread now, and worth a notification by email or push.

The read position is the truth. The code that decides and the task that sends both call `missed`. So nothing is sent
that was read, deleted or hidden between the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, Greatest

from chat import direct_rooms
from chat.db.compiled_queries import CompiledQuery, Param, ParamList
from chat.models import Level, Membership, Mention, Message, NotificationChannel, Person, Room

MESSAGES_PER_ROOM = 5
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
    rows = _places(kind, is_all=level == Level.ALL).rows(person=person.pk, default=person.notify)
    return [MissedPlace(*row) for row in rows]


def missed(
    person: Person, places: Iterable[Sequence[int]], kind: str, *, limit: int = MESSAGES_PER_ROOM
) -> list[MissedRoom]:
    """Return what the person has missed in these places, in the order of room ids, at most `limit` messages of each.

    A place is (room id, after seq, up to seq). `kind` is the channel: email or push. Its level applies as well as the
    room's. A message is missed if all of this holds: the person can read it and has not; it was not deleted; neither
    the person nor someone they have blocked wrote it; and it is a direct message, a mention or a reply, or the level is
    `all`. Imported messages and notes of the site are never missed. Takes at most three queries, and one for each room.
    """
    level = NotificationChannel.level_for(person.pk, kind)
    wanted = {room_id: MissedPlace(room_id, *rest) for room_id, *rest in places}
    if not person.is_active or level == Level.NOTHING or not wanted:
        return []
    memberships = _MEMBERSHIPS.rows(person=person.pk, default=person.notify, rooms=wanted)
    found: list[MissedRoom] = []
    for membership in memberships:
        place = wanted[membership.room_id]
        if rows := _last_messages(membership, place, is_all=level == Level.ALL, limit=limit):
            found.append(_room(membership.room, place, rows))
    direct_rooms.name_rooms(person.pk, [it.room for it in found])
    return found


def _last_messages(membership: Membership, place: MissedPlace, *, is_all: bool, limit: int) -> list[Any]:
    """Return the last missed messages of a room as `_ROW` has them. `membership` has the annotation `level`."""
    wants_all = membership.room.is_direct or (is_all and membership.level == Level.ALL)  # type: ignore[attr-defined]
    start = max(place.after_seq, membership.read_seq)
    values = {"person": membership.person_id, "room": place.room_id, "start": start, "end": place.up_to_seq}
    return _messages(wants_all=wants_all, limit=limit).rows(**values)[::-1]


# ---- The queries. A person who is told of one message takes all of them, so they are compiled.

_PERSON, _ROOM = Param("person", Person._meta.pk), Param("room", Room._meta.pk)
# The level of a membership's room.
_LEVEL = Coalesce("notify", Param("default", Membership._meta.get_field("notify")))
_ROW = ("seq", "author_id", "author__name", "body", "created_at", "cause", "number")


@cache
def _places(kind: str, *, is_all: bool) -> "CompiledQuery[Any]":
    return CompiledQuery(lambda: _place_rows(kind, is_all=is_all))


def _place_rows(kind: str, *, is_all: bool) -> "QuerySet[Membership, Any]":
    start = Greatest("read_seq", Coalesce("floor_seq", 0), Coalesce(MARKS[NotificationChannel.Kind(kind)], 0))
    mentions = Mention.objects.filter(room=OuterRef("room"), seq__gt=OuterRef("start"))
    wanted = Q(Exists(mentions.filter(person=_PERSON))) | Q(Exists(mentions.filter(person=None)))
    wanted |= Q(room__visibility=Room.Visibility.DIRECT)
    if is_all:
        wanted |= Q(level=Level.ALL)
    rows = Membership.objects.current().filter(person=_PERSON).annotate(start=start, level=_LEVEL)
    rows = rows.filter(wanted, start__lt=F("room__head__seq")).exclude(level=Level.NOTHING).order_by("room")
    return rows.values_list("room_id", "start", "room__head__seq")


def _membership_rows() -> "QuerySet[Membership]":
    mine = Membership.objects.current().filter(person=_PERSON, room__in=ParamList("rooms", Room._meta.pk))
    return mine.annotate(level=_LEVEL).exclude(level=Level.NOTHING).select_related("room").order_by("room")


_MEMBERSHIPS = CompiledQuery(_membership_rows)


@cache
def _messages(*, wants_all: bool, limit: int) -> "CompiledQuery[Any]":
    return CompiledQuery(lambda: _message_rows(wants_all=wants_all)[:limit])


def _message_rows(*, wants_all: bool) -> "QuerySet[Message, Any]":
    """Return the missed messages of a room, the last first, with their `number`."""
    start, end = (Param(name, Message._meta.get_field("seq")) for name in ("start", "end"))
    mentions = Mention.objects.filter(Q(person=_PERSON) | Q(person=None), room=OuterRef("room"), seq=OuterRef("seq"))
    rows = (
        Message.objects.readable_by(_PERSON)
        .annotate(cause=Subquery(mentions.values("kind")[:1]))
        .filter(room=_ROOM, seq__gt=start, seq__lte=end, deleted_at=None)
        .posted_by_others(_PERSON)
    )
    chosen = rows if wants_all else rows.filter(cause__isnull=False)
    return chosen.annotate(number=Window(Count("pk"))).order_by("-seq").values_list(*_ROW)


def _room(room: Room, place: MissedPlace, rows: list[Any]) -> MissedRoom:
    return MissedRoom(room, place.after_seq, [_message(*it) for it in rows], rows[0][-1])


def _message(
    seq: int, author_id: int, author: str, text: str, created_at: datetime, cause: int | None, number: int
) -> MissedMessage:
    return MissedMessage(seq, author_id, author, text, created_at, None if cause is None else Mention.Cause(cause))

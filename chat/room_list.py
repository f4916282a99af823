"""The list of rooms that a person may see, in pages, the room with the latest message first."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, Self

from django.db.models import Exists, OuterRef, Q

from chat.db.compiled_queries import CompiledQuery, Param
from chat.models import Membership, Person, Room
from chat.models.rooms import RoomQuerySet
from chat.text import cleaning
from chat.text.folding import unaccented

MAX_QUERY_CHARACTERS = 80
SIDEBAR_LIMIT = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
POSITION = r"([0-9]{1,17})-([0-9]{1,18})"
_POSITION = re.compile(POSITION, re.ASCII)


class RoomPosition(NamedTuple):
    """A position in the list: the time of a room's latest message in microseconds, and the room's id.

    Clients see it as an opaque string.
    """

    microseconds: int
    room_id: int

    def __str__(self) -> str:
        return f"{self.microseconds}-{self.room_id}"

    @classmethod
    def of(cls, room: Room) -> Self:
        return cls((room.head.active_at - _EPOCH) // _MICROSECOND, room.pk)

    @classmethod
    def parse(cls, value: str) -> Self | None:
        """Return the position that a client sent back, or None if the text is invalid."""
        found = _POSITION.fullmatch(value)
        return cls(int(found[1]), int(found[2])) if found else None

    @property
    def active_at(self) -> datetime:
        return _EPOCH + self.microseconds * _MICROSECOND


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Rooms with `head` and `unread`, and the position after which the next page begins, if there is one."""

    rooms: list[Room]
    next: RoomPosition | None

    @property
    def active(self) -> list[Room]:
        return [room for room in self.rooms if not room.is_archived]

    @property
    def archived(self) -> list[Room]:
        return [room for room in self.rooms if room.is_archived]


def page(
    person: Person, *, limit: int, after: RoomPosition | None = None, query: str = "", only_unread: bool = False
) -> RoomPage:
    """Return at most `limit` rooms after a position whose names contain `query`. Takes one query."""
    found = _found(person, query)
    if only_unread:
        mine = Membership.objects.filter(room=OuterRef("pk"), person=person)
        found = found.filter(Exists(mine.filter(read_seq__lt=OuterRef("head__seq"))))
    if after is not None:
        at = after.active_at
        found = found.filter(Q(head__active_at__lt=at) | Q(head__active_at=at, pk__lt=after.room_id))
    # A subquery of ids: the database then counts unread messages only for the rooms of this page, not for all it sorts.
    ids = found.latest_first().values("pk")[: limit + 1]
    rooms = list(Room.objects.filter(pk__in=ids).with_head().latest_first().with_unread_for(person.pk))
    return RoomPage(rooms[:limit], RoomPosition.of(rooms[limit - 1]) if len(rooms) > limit else None)


def sidebar(person: Person) -> tuple[Any, ...]:
    """Return what `sidebar_rooms` makes rooms of. Equal tuples make equal rooms."""
    if not person.is_active:
        return ()
    return tuple(_sidebar_query(SIDEBAR_LIMIT).raw(person=person.pk, notify=person.notify))


def sidebar_rooms(rows: tuple[Any, ...]) -> list[Any]:
    """Return the most recently active rooms with `unread`, `notify` and the other data of a sidebar link."""
    return _sidebar_query(SIDEBAR_LIMIT).read(rows)


def _sidebar_rooms() -> RoomQuerySet:
    person, notify = Param("person", Person._meta.pk), Param("notify", Person._meta.get_field("notify"))
    rooms = Room.objects.open_to(person).latest_first()
    return rooms.with_unread_for(person).with_notify_for(person, otherwise=notify)


@cache
def _sidebar_query(limit: int) -> CompiledQuery[Room]:
    return CompiledQuery(lambda: _sidebar_rooms().only("slug", "name", "visibility", "archived_at")[:limit])


def _found(person: Person, query: str) -> RoomQuerySet:
    rooms = Room.objects.visible_to(person)
    words = cleaning.clean_line(query, MAX_QUERY_CHARACTERS)
    if not words:
        return rooms
    named = Q(name__icontains=words) | Q(search_name__contains=unaccented(words))
    # SQLite ignores case only for ASCII letters. A slug is lower case in every script.
    if slug := "-".join(re.findall(r"\w+", words.lower())):
        named |= Q(slug__contains=slug)
    return rooms.filter(named)

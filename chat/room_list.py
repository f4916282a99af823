"""Lists of rooms: those that a person may see or belongs to, public rooms by name, and the links of the sidebar."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, Self

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest, Lower

from chat import direct_rooms, protocol, serializers
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
_NAME_POSITION = re.compile(r"([0-9]{1,18})-([^\x00\r\n]{1,80})", re.ASCII)
# Up to where a membership has nothing unread.
_READ_TO = Greatest("read_seq", Coalesce("floor_seq", 0))
# The names in a search for the direct conversation of several people.
MAX_NAMES = 10


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


class NamePosition(NamedTuple):
    """A position in the list by name: the name and the id of a room. Clients see it as an opaque string."""

    name: str
    room_id: int

    def __str__(self) -> str:
        return f"{self.room_id}-{self.name}"

    @classmethod
    def parse(cls, value: str) -> Self | None:
        """Return the position that a browser sent back, or None if the text is invalid."""
        found = _NAME_POSITION.fullmatch(value)
        return cls(found[2], int(found[1])) if found else None


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Rooms with `head` and `with_place_of`, and the position after which the next page begins, if there is one."""

    rooms: list[Room]
    next: RoomPosition | NamePosition | None

    @property
    def active(self) -> list[Room]:
        return [room for room in self.rooms if not room.is_archived]

    @property
    def archived(self) -> list[Room]:
        return [room for room in self.rooms if room.is_archived]


def page(
    person: Person,
    *,
    limit: int,
    after: RoomPosition | None = None,
    query: str = "",
    only_mine: bool = False,
    only_unread: bool = False,
) -> RoomPage:
    """Return at most `limit` rooms after a position whose names contain `query`. Two queries at most.

    `only_mine` leaves out rooms that the person does not belong to, and `only_unread` also those that are read. A
    direct conversation that the person has closed is found only by its name.
    """
    found = _found(person, query).exclude(Exists(_closed(person, is_found=bool(query))))
    if only_mine or only_unread:
        mine = Membership.objects.current().filter(room=OuterRef("pk"), person=person)
        if only_unread:
            mine = mine.annotate(start=_READ_TO).filter(start__lt=OuterRef("head__seq"))
        found = found.filter(Exists(mine))
    if after is not None:
        at = after.active_at
        found = found.filter(Q(head__active_at__lt=at) | Q(head__active_at=at, pk__lt=after.room_id))
    # A subquery of ids: the database then counts unread messages only for the rooms of this page, not for all it sorts.
    ids = found.latest_first().values("pk")[: limit + 1]
    rooms = list(Room.objects.filter(pk__in=ids).with_head().latest_first().with_place_of(person))
    direct_rooms.name_rooms(person.pk, rooms)
    return RoomPage(rooms[:limit], RoomPosition.of(rooms[limit - 1]) if len(rooms) > limit else None)


def public_page(person: Person, *, limit: int, after: NamePosition | None = None, query: str = "") -> RoomPage:
    """Return at most `limit` public rooms by name, with `members`. Takes one query."""
    found = _found(person, query).public().annotate(sort_name=Lower("name"))
    if after is not None:
        name = Lower(Value(after.name))
        found = found.filter(Q(sort_name__gt=name) | Q(sort_name=name, pk__gt=after.room_id))
    ids = found.order_by("sort_name", "pk").values("pk")[: limit + 1]
    listed = Room.objects.filter(pk__in=ids).with_head().with_place_of(person).with_members()
    rooms = list(listed.order_by(Lower("name"), "pk"))
    last = rooms[limit - 1] if len(rooms) > limit else None
    return RoomPage(rooms[:limit], NamePosition(last.name, last.pk) if last else None)


def one(person: Person, slug: str) -> Room:
    """Return a room as it is in lists.

    Raise Room.DoesNotExist if it does not exist for `person`.
    """
    room = Room.objects.visible_to(person).with_head().with_place_of(person).get(slug=slug)
    direct_rooms.name_rooms(person.pk, [room])
    return room


class SidebarRow(NamedTuple):
    """A link of the sidebar. `level` is null for the person's level for all rooms.

    `people` are those with whom the person talks in a direct conversation. `active` is the time of its last message, as
    the database has it. Both are null for other rooms.
    """

    slug: str
    name: str
    visibility: str
    is_archived: bool
    is_starred: bool
    level: str | None
    unread: int
    people: tuple[protocol.PersonData, ...] | None = None
    active: Any = None


def sidebar(person: Person, here: int = 0) -> tuple[Any, ...]:
    """Return what `sidebar_rows` makes rows of. Equal tuples make equal rows.

    `here` is the id of the room that the page is about. It comes first if the person belongs to it. A second query
    reads the names of direct conversations, if there are any.
    """
    if not person.is_active:
        return ()
    rows = _sidebar_query(SIDEBAR_LIMIT + 1).raw(person=person.pk, here=here)
    people = direct_rooms.people_by_key(key for *_, key, _ in rows)
    return tuple(_named(row, people.get(row[-2] or ""), person.pk) for row in rows)


def _named(row: Sequence[Any], people: list[Person] | None, viewer_id: int) -> tuple[Any, ...]:
    """Return a row of the sidebar with the name of a direct conversation, and its people instead of its key."""
    if people is None:
        return tuple(row)
    slug, _, *rest, _, active = row
    others = tuple(serializers.person(it) for it in direct_rooms.others(people, viewer_id))
    return (slug, direct_rooms.name_for(people, viewer_id), *rest, others, active)


def sidebar_rows(rows: tuple[Any, ...]) -> list[SidebarRow]:
    """Return the links of the sidebar: unread rooms first, then starred ones, then the most recently active.

    There is one more than `SIDEBAR_LIMIT` if the person belongs to more rooms.
    """
    return [SidebarRow(*row) for row in rows]


def _sidebar_rows() -> QuerySet[Membership, Any]:
    person, here = Param("person", Person._meta.pk), Param("here", Room._meta.pk)
    return (
        Membership.objects.current()
        .filter(person=person)
        .filter(Q(closed_seq=None) | Q(closed_seq__lt=F("room__head__seq")) | Q(room=here))
        .annotate(
            archived=Case(When(room__archived_at=None, then=False), default=True),
            starred=Case(When(starred_at=None, then=False), default=True),
            unread=F("room__head__seq") - _READ_TO,
            active=Case(When(room__direct_key__isnull=False, then=F("room__head__active_at"))),
        )
        .order_by(
            Case(When(room=here, then=0), default=1),
            Case(When(unread__gt=0, then=0), default=1),
            "-starred",
            "-room__head__active_at",
            "-room_id",
        )
        .values_list(
            *("room__slug", "room__name", "room__visibility", "archived", "starred", "notify", "unread"),
            *("room__direct_key", "active"),
        )
    )


@cache
def _sidebar_query(limit: int) -> CompiledQuery[Any]:
    return CompiledQuery(lambda: _sidebar_rows()[:limit])


def _found(person: Person, query: str) -> RoomQuerySet:
    rooms = Room.objects.visible_to(person)
    words = cleaning.clean_line(query, MAX_QUERY_CHARACTERS)
    return rooms.filter(_name_has(words) | _with_people_called(words, person)) if words else rooms


def named(rooms: RoomQuerySet, query: str) -> RoomQuerySet:
    """Return those of the rooms whose names contain `query`. Direct conversations have no name of their own."""
    words = cleaning.clean_line(query, MAX_QUERY_CHARACTERS)
    return rooms.filter(_name_has(words)) if words else rooms


def _name_has(words: str) -> Q:
    found = Q(name__icontains=words) | Q(search_name__contains=unaccented(words))
    # SQLite ignores case only for ASCII letters. A slug is lower case in every script.
    if slug := "-".join(re.findall(r"\w+", words.lower())):
        found |= Q(slug__contains=slug)
    return found & Q(direct_key=None)


def _with_people_called(words: str, viewer: Person) -> Q:
    """Return the condition for direct conversations with people whose names contain these, separated by commas."""
    names = [it.strip() for it in words.split(",") if it.strip()]
    found = Q(direct_key__isnull=False) if names else Q(pk__in=())
    for name in names[:MAX_NAMES]:
        called = Q(person__name__icontains=name) | Q(person__search_name__contains=unaccented(name))
        found &= Q(Exists(Membership.objects.current().filter(called, room=OuterRef("pk")).exclude(person=viewer)))
    return found


def _closed(person: Person, *, is_found: bool) -> QuerySet[Membership]:
    """Return the memberships of direct conversations that are not listed. With `is_found`, those without messages."""
    rows = Membership.objects.filter(room=OuterRef("pk"), person=person, closed_seq__gte=OuterRef("head__seq"))
    return rows.filter(closed_seq=0) if is_found else rows

"""The rows behind unread counts: memberships with read positions and unread mentions, rooms, and `@room` mentions."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from chat import direct_rooms, serializers
from chat.db.compiled_queries import CompiledQuery, ParamList
from chat.models import Membership, Mention, Person, Room, RoomHead
from chat.protocol import PersonData


class MembershipRow(NamedTuple):
    """A current membership. `mentions` are the unread ones of this person by name. `level` null means `default`.

    Up to `closed_seq`, a direct conversation is not in the person's list.
    """

    person_id: int
    room_id: int
    read_seq: int
    floor_seq: int | None
    level: str | None
    default: str
    is_starred: bool
    mentions: int
    closed_seq: int | None = None


class RoomRow(NamedTuple):
    """A room as lists of rooms show it, the seq of its last message, and the sum of the seqs of `@room` mentions.

    `people` are everyone in a direct conversation, by name.
    """

    id: int
    slug: str
    name: str
    topic: str
    visibility: str
    archived_at: datetime | None
    seq: int
    everyone: int
    direct_key: str | None = None
    people: tuple[PersonData, ...] = ()

    @property
    def shown(self) -> tuple[object, ...]:
        """Return what lists of rooms show."""
        return (*self[:6], self.people)

    @property
    def is_direct(self) -> bool:
        return self.direct_key is not None


# The fields of a `MembershipRow` as the database has them. To make a row of each would take a third of a comparison.
Columns = tuple[int, int, int, int | None, str | None, str, bool, int, int | None]


class UnreadRows(NamedTuple):
    """Memberships, the rooms among theirs that the caller does not know, and these rooms' `@room` mentions by seq."""

    memberships: list[Columns]
    rooms: list[RoomRow]
    everyone: list[tuple[int, int]]


_PEOPLE, _ROOMS = ParamList("people", Person._meta.pk), ParamList("rooms", Room._meta.pk)


def _memberships(choose: Q) -> Callable[[], "QuerySet[Membership, tuple[object, ...]]"]:
    mentions = (
        Mention.objects.filter(person=OuterRef("person"), room=OuterRef("room"), seq__gt=OuterRef("start"))
        .order_by()
        .values("person")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return lambda: (
        Membership.objects.current()
        .filter(choose)
        .annotate(start=Greatest("read_seq", Coalesce("floor_seq", 0)))
        .annotate(mentions=Coalesce(Subquery(mentions), 0))
        .annotate(is_starred=ExpressionWrapper(Q(starred_at__isnull=False), BooleanField()))
        .values_list(
            *("person_id", "room_id", "read_seq", "floor_seq", "notify", "person__notify", "is_starred", "mentions"),
            "closed_seq",
        )
    )


MEMBERSHIPS = CompiledQuery(_memberships(Q(person__in=_PEOPLE)))
MEMBERSHIPS_IN = CompiledQuery(_memberships(Q(person__in=_PEOPLE, room__in=_ROOMS)))
_OF_EVERYONE = Mention.objects.filter(person=None, room=OuterRef("room")).order_by().values("room")
ROOMS = CompiledQuery(
    lambda: (
        RoomHead.objects.filter(pk__in=_ROOMS)
        .annotate(everyone=Coalesce(Subquery(_OF_EVERYONE.annotate(sum=Sum("seq")).values("sum")), 0))
        .values_list(
            *("room_id", "room__slug", "room__name", "room__topic", "room__visibility", "room__archived_at"),
            *("seq", "everyone", "room__direct_key"),
        )
    )
)
EVERYONE = CompiledQuery(
    lambda: Mention.objects.filter(person=None, room__in=_ROOMS).order_by("seq").values_list("room_id", "seq")
)


def of_people(people: Collection[int], known_rooms: set[int]) -> UnreadRows:
    """Return all current memberships of these people. One query, and up to three for rooms not in `known_rooms`."""
    return _with_rooms(MEMBERSHIPS.raw(people=people), known_rooms)


def of_pairs(pairs: Iterable[tuple[int, int]], known_rooms: set[int]) -> UnreadRows:
    """Return the same for these (person id, room id), with other memberships of the same people and rooms."""
    people, rooms = (set(ids) for ids in zip(*pairs, strict=True))
    return _with_rooms(MEMBERSHIPS_IN.raw(people=people, rooms=rooms), known_rooms)


def rooms(ids: Collection[int]) -> list[RoomRow]:
    """Return those of these rooms that exist. Takes one query, and another for the people of direct conversations."""
    rows = [RoomRow(*row) for row in ROOMS.rows(rooms=ids)]
    people = direct_rooms.people_by_key(row.direct_key for row in rows)
    return [_with_people(row, people[row.direct_key]) if row.direct_key else row for row in rows]


def _with_people(row: RoomRow, people: Iterable[Person]) -> RoomRow:
    return row._replace(people=tuple(serializers.person(it) for it in people))


def everyone(ids: Collection[int]) -> list[tuple[int, int]]:
    """Return the (room id, seq) of the `@room` mentions in these rooms, by seq. Takes one query."""
    return EVERYONE.rows(rooms=ids)


def _with_rooms(found: list[Any], known_rooms: set[int]) -> UnreadRows:
    unknown = {room_id for _, room_id, *_ in found} - known_rooms
    return UnreadRows(found, rooms(unknown) if unknown else [], everyone(unknown) if unknown else [])

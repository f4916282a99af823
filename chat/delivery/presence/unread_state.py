"""The state behind unread counts: rooms and connected people, and all that has changed since the last frames."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from chat.delivery.presence.unread_rows import MembershipRow, RoomRow
from chat.models import Level
from chat.protocol import Unread

T = TypeVar("T")
# (person id, room id)
Pair = tuple[int, int]
# A read position, and whether it moved back there.
ReadPosition = tuple[int, bool]
# The people to alert to each message, by (room id, seq).
Wanted = dict[tuple[int, int], list[int]]
NOTHING = Unread(0, 0)


class Traits(NamedTuple):
    """The rare values of a membership: a floor, a notification level of its own, a star, and where it was closed."""

    floor_seq: int = 0
    level: str | None = None
    is_starred: bool = False
    closed_seq: int | None = None

    def is_listed(self, seq: int) -> bool:
        """Return whether the room is in the person's list when this is the seq of its last message."""
        return self.closed_seq is None or seq > self.closed_seq


PLAIN = Traits()
shared_traits = lru_cache(1000)(Traits)  # equal ones are shared


@dataclass(slots=True, eq=False)
class CountedRoom:
    """A room of connected people. `positions` has the seq up to which each of these members has nothing unread.

    There is one entry for each connected person and room, so anything rarer is kept elsewhere. `everyone` has the seqs
    of `@room` mentions.
    """

    id: int
    row: RoomRow
    seq: int
    everyone: list[int] = field(default_factory=list)
    positions: dict[int, int] = field(default_factory=dict)

    @property
    def is_direct(self) -> bool:
        return self.row.is_direct


@dataclass(slots=True, eq=False)
class CountedPerson:
    """A connected person. `views` counts the sockets to each room in view, `mentions` unread ones by name and room."""

    id: int
    views: dict[int, int] = field(default_factory=dict)
    rooms: tuple[CountedRoom, ...] = ()
    level: str = Level.ALL
    traits: dict[int, Traits] = field(default_factory=dict)
    mentions: dict[int, int] = field(default_factory=dict)
    is_loaded: bool = False

    def level_in(self, room: CountedRoom) -> str:
        own = self.traits.get(room.id) if self.traits else None
        return (own.level if own is not None else None) or self.level


@dataclass(slots=True)
class UnreadNews:
    """All that has changed since the last frames. Counts are those of the last frames."""

    heads: dict[CountedRoom, tuple[int, list[int]]] = field(default_factory=dict)  # seq and `@room` mentions
    counts: defaultdict[CountedRoom, dict[int, Unread]] = field(default_factory=lambda: defaultdict(dict))  # by person
    mentioned: defaultdict[CountedRoom, dict[int, int]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # person to seq
    positions: dict[Pair, ReadPosition] = field(default_factory=dict)  # of rooms in view
    lists: defaultdict[int, dict[CountedRoom, str]] = field(default_factory=lambda: defaultdict(dict))  # by person


class Due(set[T]):
    """Keys of rows that have to be read."""

    @contextmanager
    def taken(self) -> Iterator[set[T]]:
        """Yield everything and remove it. It is due again if the block fails, and what is added meanwhile stays due."""
        found = set(self)
        self.clear()
        try:
            yield found
        except BaseException:
            self.update(found)
            raise


class UnreadChange(NamedTuple):
    room: CountedRoom
    before: Unread
    now: Unread


def state_of(row: MembershipRow) -> tuple[int, Traits, int]:
    """Return the position, the traits and the number of mentions."""
    floor_seq = row.floor_seq or 0
    traits = shared_traits(floor_seq, row.level, bool(row.is_starred), row.closed_seq)
    return max(row.read_seq, floor_seq), traits, row.mentions


def keep_unusual(values: dict[int, Any], key: int, value: Any, usual: Any) -> None:
    """Keep a value unless it is the usual one."""
    if value == usual:
        values.pop(key, None)
    else:
        values[key] = value


def count_unread(person: CountedPerson, room: CountedRoom, seq: int, everyone: list[int]) -> Unread:
    """Return the counts of a member's room with this head and these `@room` mentions.

    In a direct conversation each unread message counts as a mention, unless its notifications are off. A closed one
    counts nothing, since the person would not find what is unread.
    """
    position = room.positions[person.id]
    if room.is_direct:
        is_listed = person.traits.get(room.id, PLAIN).is_listed(seq)
        unread = max(seq - position, 0) if is_listed else 0
        return Unread(unread, unread if person.level_in(room) != Level.NOTHING else 0)
    mentions = person.mentions.get(room.id, 0)
    if everyone:
        mentions += len(everyone) - bisect_right(everyone, position)
    return Unread(max(seq - position, 0), mentions)


def unread_rooms(person: CountedPerson) -> list[tuple[CountedRoom, Unread]]:
    """Return the rooms in which the person has something unread."""
    found = [(room, count_unread(person, room, room.seq, room.everyone)) for room in person.rooms]
    return [(room, unread) for room, unread in found if unread != NOTHING]

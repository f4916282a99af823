"""Direct conversations as their people see them: who is in one, and its name, which is the names of the others.

The ids of the people are in `Room.direct_key`. So everyone is still named when an account is deleted.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chat.db.compiled_queries import CompiledQuery, ParamList
from chat.models import Block, Person, Room
from chat.text.lookalikes import DELETED_PERSON


class NamedPerson(Protocol):
    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...


P = TypeVar("P", bound=NamedPerson)

_PEOPLE = CompiledQuery(
    lambda: Person.objects.filter(pk__in=ParamList("ids", Person._meta.pk)).order_by("handle", "pk")
)


def key_of(people: Iterable[int]) -> str:
    """Return the `direct_key` of the conversation of these people."""
    return ",".join(map(str, sorted(set(people))))


def ids_in(key: str) -> list[int]:
    """Return the ids of the people in a `direct_key`."""
    return [int(person_id) for person_id in key.split(",")]


def pair_in(key: str) -> list[int]:
    """Return the ids of the people in a `direct_key` if they are two, else none."""
    ids = ids_in(key)
    return ids if len(ids) == 2 else []


def others(people: Sequence[P], viewer_id: int) -> list[P]:
    """Return the people that the viewer talks to: all others, or the viewer alone in a conversation of one."""
    return [it for it in people if it.id != viewer_id] or list(people)


def name_for(people: Sequence[P], viewer_id: int) -> str:
    """Return the name of the conversation of these people for one of them."""
    names = ", ".join(it.name for it in others(people, viewer_id))
    return f"{names} (you)" if len(people) == 1 else names


def people_by_key(keys: Iterable[str | None]) -> dict[str, list[Person]]:
    """Return the people of each direct conversation by name. One query, or none if all keys are null."""
    found = {key: ids_in(key) for key in keys if key}
    if not found:
        return {}
    people = _PEOPLE.rows(ids={person_id for ids in found.values() for person_id in ids})
    return {key: _in_order(ids, people) for key, ids in found.items()}


def _in_order(ids: list[int], people: Iterable[Person]) -> list[Person]:
    """Return the people of these ids by name. One whose row was purged has the name of a deleted account."""
    here = [it for it in people if it.pk in ids]
    gone = set(ids) - {it.pk for it in here}
    return [*here, *(Person(pk=it, name=f"{DELETED_PERSON} {it}", is_active=False) for it in sorted(gone))]


@dataclass(frozen=True, slots=True)
class Conversations:
    """The people of direct conversations by key, and the (person, blocked) between two who have one."""

    people: Mapping[str, Sequence[Person]]
    blocks: Set[tuple[int, int]]

    @classmethod
    def among(cls, rooms: Iterable[Room]) -> "Conversations":
        """Read what belongs to the direct conversations among these rooms. At most two queries, or none."""
        keys = {room.direct_key for room in rooms if room.direct_key}
        pairs = {person_id for key in keys for person_id in pair_in(key)}
        return cls(people_by_key(keys), Block.among(pairs, pairs)) if keys else NO_CONVERSATIONS

    def name_of(self, room: Room, viewer_id: int) -> str:
        """Return the name of any room for the viewer."""
        people = self.people.get(room.direct_key or "")
        return name_for(people, viewer_id) if people else room.name

    def is_blocked(self, room: Room) -> bool:
        return room.direct_key is not None and is_blocked(room.direct_key, self.blocks)


NO_CONVERSATIONS = Conversations({}, frozenset())


def is_blocked(key: str, blocks: Set[tuple[int, int]]) -> bool:
    """Return whether one of two people has blocked the other. A block in a larger conversation stops no one."""
    pair = set(pair_in(key))
    return any(pair == {*block} for block in blocks)


def name_rooms(viewer_id: int, rooms: Iterable[Room]) -> None:
    """Set `name` and `people` of the direct conversations among these rooms as the viewer sees them.

    The rows are for reading only. One query, or none without such rooms.
    """
    direct = [room for room in rooms if room.direct_key]
    people = people_by_key(room.direct_key for room in direct)
    for room in direct:
        here = people[room.direct_key or ""]
        room.name, room.people = name_for(here, viewer_id), others(here, viewer_id)

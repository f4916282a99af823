"""The people present in each room, over all processes. Each worker stores a leased set of claims in the database.

People of this process are counted in memory and reported in the background. Those of another worker are read when its
version changes. A worker whose beat does not move for the time of a lease, by this process's clock, is dead, and its
people are removed.
"""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

import msgspec
from msgspec import Raw

from chat import protocol
from chat.actions.presence import PresenceKey
from chat.rate_limits.token_bucket import TokenBucket

LEASE_SECONDS = 15.0
# A person who reconnects within this time, as a page that reloads does, is not reported as gone.
LINGER_SECONDS = 3.0
# People who enter or leave a room within this time are sent in one frame.
GATHER_SECONDS = 0.25
# The rate of these frames in this process, and its burst. When many people enter a room, each has to be sent to all
# others. Without this limit that would cost the square of their number.
FRAMES_PER_SECOND, FRAMES_AT_ONCE = 2000, 5000

PeopleById = dict[int, protocol.PersonData]

_encoder = msgspec.json.Encoder()


@dataclass
class OtherWorker:
    beat: int
    version: int
    seen_at: float
    rooms: dict[int, PeopleById] = field(default_factory=dict)
    is_alive: bool = False  # whether this process saw its beat move: the row may be left over from a killed worker


@dataclass(frozen=True)
class Claims:
    """The claims of another worker. `rooms` holds its people if its version is new, and else None."""

    beat: int
    version: int
    rooms: dict[int, PeopleById] | None


class Roster:
    """Keeps the people of each room. `send(room_id, joined, ids of those who left, count)` is called on changes."""

    def __init__(
        self,
        send: Callable[[int, list[protocol.PersonData], list[int], int], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.worker_id = uuid.uuid4()
        self._send, self._clock = send, clock
        # Room to person to open sockets; 0 while the person lingers.
        self._rooms: dict[int, dict[int, int]] = {}
        self._keys: set[PresenceKey] = set()
        self._people: PeopleById = {}
        self._lingering: dict[PresenceKey, asyncio.TimerHandle] = {}
        self._reported: set[PresenceKey] = set()
        self._changed: set[PresenceKey] = set()  # since the last report was begun
        self._others: dict[uuid.UUID, OtherWorker] = {}
        self._sent: dict[int, PeopleById] = {}
        self._listed: dict[int, Raw] = {}  # the people in a `hello`, encoded once per large room
        self._gathering: dict[int, asyncio.TimerHandle] = {}
        self._due: deque[int] = deque()
        self._frames = TokenBucket(FRAMES_PER_SECOND, FRAMES_AT_ONCE, clock)
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """Return the number of people of this process, including those who left a moment ago."""
        return len(self._people)

    # ---- This process

    def enter(self, room_id: int, person: protocol.PersonData) -> None:
        self.change(person)
        self._people[person.id] = person
        sockets = self._rooms.setdefault(room_id, {})
        sockets[person.id] = sockets.get(person.id, 0) + 1
        self._keys.add((room_id, person.id))
        if lingering := self._lingering.pop((room_id, person.id), None):
            lingering.cancel()
        self._gather(room_id)

    def change(self, person: protocol.PersonData) -> None:
        """Take the person's current name and colour. If they changed, everyone who sees the person is told.

        Here that happens at once, in other workers because the person's claims are reported again.
        """
        if self._people.get(person.id, person) == person:
            return
        self._people[person.id] = person
        for room_id, sockets in self._rooms.items():
            if person.id in sockets:
                self._listed.pop(room_id, None)
                self._reported.discard((room_id, person.id))
                self._changed.add((room_id, person.id))
                self._gather(room_id)

    def leave(self, room_id: int, person_id: int) -> None:
        sockets = self._rooms[room_id]
        sockets[person_id] -= 1
        if sockets[person_id] == 0:
            loop = asyncio.get_running_loop()
            self._lingering[room_id, person_id] = loop.call_later(LINGER_SECONDS, self._remove, (room_id, person_id))

    def _remove(self, key: PresenceKey) -> None:
        room_id, person_id = key
        del self._lingering[key], self._rooms[room_id][person_id]
        self._keys.discard(key)
        self._listed.pop(room_id, None)
        if not self._rooms[room_id]:
            del self._rooms[room_id]
        self._gather(room_id)

    # ---- All processes

    def here(self, room_id: int) -> PeopleById:
        """Return everyone in the room. People of this process are in the order in which they entered."""
        people: PeopleById = {}
        for other in self._others.values():
            people |= other.rooms.get(room_id, {})
        return people | {person_id: self._people[person_id] for person_id in self._rooms.get(room_id, ())}

    def online(self) -> set[int]:
        """Return the ids of everyone who is in any room."""
        others = (people for other in self._others.values() for people in other.rooms.values())
        return set().union(*self._rooms.values(), *others)

    def listed(self, room_id: int) -> tuple[Raw, int]:
        """Return the first people in the room as JSON, and the number of all.

        Every `hello` needs this. In a room with more people than are listed, the result stays the same until one of the
        listed people leaves, so it is cached.
        """
        if any(room_id in other.rooms for other in self._others.values()):
            here = self.here(room_id)
            return _as_json(here.values()), len(here)
        mine = self._rooms.get(room_id, {})
        if (known := self._listed.get(room_id)) is None:
            known = _as_json(self._people[person_id] for person_id in mine)
            if len(mine) >= protocol.MAX_PEOPLE_LISTED:
                self._listed[room_id] = known
        return known, len(mine)

    def _gather(self, room_id: int) -> None:
        if room_id not in self._gathering:
            loop = asyncio.get_running_loop()
            self._gathering[room_id] = loop.call_later(GATHER_SECONDS, self._make_due, room_id)

    def _make_due(self, room_id: int) -> None:
        self._due.append(room_id)
        if self._waiting is None:
            self._announce_due()

    def _announce_due(self) -> None:
        """Send the changes of the rooms that are due, as far as the rate of frames allows."""
        self._waiting = None
        while self._due:
            if wait := self._frames.take():
                self._waiting = asyncio.get_running_loop().call_later(wait, self._announce_due)
                return
            self._announce(self._due.popleft())

    def _announce(self, room_id: int) -> None:
        self._gathering.pop(room_id, None)
        sent, here = self._sent.get(room_id, {}), self.here(room_id)
        joined = [person for person_id, person in here.items() if sent.get(person_id) != person]
        left = [person_id for person_id in sent if person_id not in here]
        if here:
            self._sent[room_id] = here
        else:
            self._sent.pop(room_id, None)
        if joined or left:
            self._frames.charge(len(self._rooms.get(room_id, ())))
            self._send(room_id, joined, left, len(here))

    # ---- What the exchange stores and reads

    def next_report(self) -> tuple[uuid.UUID, set[PresenceKey], set[PresenceKey], set[PresenceKey]]:
        """Return the first four arguments of `store_claims`. Call `reported` when it is done."""
        mine = set(self._keys)
        self._changed = set()
        return self.worker_id, mine, mine - self._reported, self._reported - mine

    def has_changes(self) -> bool:
        return self._keys != self._reported

    def reported(self, keys: set[PresenceKey]) -> None:
        self._reported = keys - self._changed
        self._people = {person_id: self._people[person_id] for _, person_id in self._keys}

    def known_versions(self) -> dict[uuid.UUID, int]:
        return {worker_id: other.version for worker_id, other in self._others.items()}

    def merge(self, claims: dict[uuid.UUID, Claims]) -> list[uuid.UUID]:
        """Take over the claims of the other workers. Return the dead workers, whose rows are to be removed."""
        now = self._clock()
        for worker_id, claim in claims.items():
            other = self._others.setdefault(worker_id, OtherWorker(claim.beat, claim.version, now))
            if other.beat != claim.beat:
                other.beat, other.seen_at, other.is_alive = claim.beat, now, True
            if claim.rooms is not None:
                self._replace(other, claim.rooms)
            other.version = claim.version
        dead = [it for it, other in self._others.items() if now - other.seen_at > LEASE_SECONDS or it not in claims]
        for worker_id in dead:
            self._replace(self._others.pop(worker_id), {})
        return [worker_id for worker_id in dead if worker_id in claims]

    @property
    def has_other_workers(self) -> bool:
        """Return whether another process is known to serve the same database."""
        return any(other.is_alive for other in self._others.values())

    @property
    def is_alone(self) -> bool:
        """Return whether there is no row of another process. A row counts even if its beat was not seen to move yet."""
        return not self._others

    def _replace(self, other: OtherWorker, rooms: dict[int, PeopleById]) -> None:
        changed = {room for room in {*other.rooms, *rooms} if other.rooms.get(room) != rooms.get(room)}
        other.rooms = rooms
        for room_id in changed:
            self._gather(room_id)

    def stop(self) -> None:
        for timer in [*self._lingering.values(), *self._gathering.values(), self._waiting]:
            if timer is not None:
                timer.cancel()


def _as_json(people: Iterable[protocol.PersonData]) -> Raw:
    return Raw(_encoder.encode(list(islice(people, protocol.MAX_PEOPLE_LISTED))))

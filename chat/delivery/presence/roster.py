"""Who is in each room, over all processes. The database holds leased claims, one set per worker; nobody owns the truth.

People of this process are counted in memory and reported in the background. Those of other workers are read when their
version moves. A worker whose beat stands still for a lease, by this process's clock, has died, and its people with it.
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

from chat import broadcast, protocol
from chat.actions import presence as actions
from chat.actions.presence import IDLE, Load, PresenceKey
from chat.models import Presence, Worker
from chat.rate_limits.token_bucket import TokenBucket

BEAT_SECONDS = 5.0
LEASE_SECONDS = 15.0
# Whoever comes back within this time, as a page that reloads does, was never away.
LINGER_SECONDS = 3.0
# Comings and goings of so long are told in one frame.
GATHER_SECONDS = 0.25
# Frames a second in which this process tells of them, beyond so many at once. While a crowd comes in each is news to
# all who are there already, and telling that at once would cost the square of their number.
FRAMES_PER_SECOND, FRAMES_AT_ONCE = 2000, 5000

PeopleById = dict[int, protocol.PersonData]

_encoder = msgspec.json.Encoder()


@dataclass
class OtherWorker:
    beat: int
    version: int
    seen_at: float
    rooms: dict[int, PeopleById] = field(default_factory=dict)
    is_alive: bool = False  # its beat has moved under our eyes; it may also be what a killed one left behind


@dataclass(frozen=True)
class Claims:
    """What a worker row says, and its people where they were read anew."""

    beat: int
    version: int
    rooms: dict[int, PeopleById] | None


class Roster:
    """`send(room_id, joined, ids of those who left, count)` is called when those here have changed."""

    def __init__(
        self,
        send: Callable[[int, list[protocol.PersonData], list[int], int], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.worker_id = uuid.uuid4()
        self._send, self._clock = send, clock
        # Room to person to open sockets; 0 while the person lingers.
        self._rooms: dict[int, dict[int, int]] = {}
        self._places: set[PresenceKey] = set()
        self._people: PeopleById = {}
        self._lingering: dict[PresenceKey, asyncio.TimerHandle] = {}
        self._reported: set[PresenceKey] = set()
        self._changed: set[PresenceKey] = set()  # since the last report was begun
        self._others: dict[uuid.UUID, OtherWorker] = {}
        self._sent: dict[int, PeopleById] = {}
        self._listed: dict[int, Raw] = {}  # of large rooms: the people that a hello lists
        self._gathering: dict[int, asyncio.TimerHandle] = {}
        self._due: deque[int] = deque()
        self._frames = TokenBucket(FRAMES_PER_SECOND, FRAMES_AT_ONCE, clock)
        self._waiting: asyncio.TimerHandle | None = None

    @property
    def size(self) -> int:
        """People of this process, those included who left a moment ago."""
        return len(self._people)

    # ---- This process

    def enter(self, room_id: int, person: protocol.PersonData) -> None:
        self.change(person)
        self._people[person.id] = person
        sockets = self._rooms.setdefault(room_id, {})
        sockets[person.id] = sockets.get(person.id, 0) + 1
        self._places.add((room_id, person.id))
        if lingering := self._lingering.pop((room_id, person.id), None):
            lingering.cancel()
        self._gather(room_id)

    def change(self, person: protocol.PersonData) -> None:
        """Take somebody's present name and colour. If they were others before, everybody who sees the person is told:
        here at once, elsewhere because their places are reported anew."""
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
            self._lingering[room_id, person_id] = loop.call_later(LINGER_SECONDS, self._gone, (room_id, person_id))

    def _gone(self, place: PresenceKey) -> None:
        room_id, person_id = place
        del self._lingering[place], self._rooms[room_id][person_id]
        self._places.discard(place)
        self._listed.pop(room_id, None)
        if not self._rooms[room_id]:
            del self._rooms[room_id]
        self._gather(room_id)

    # ---- All processes

    def here(self, room_id: int) -> PeopleById:
        """Everybody in the room, those of this process in the order in which they came."""
        people: PeopleById = {}
        for other in self._others.values():
            people |= other.rooms.get(room_id, {})
        return people | {person_id: self._people[person_id] for person_id in self._rooms.get(room_id, ())}

    def listed(self, room_id: int) -> tuple[Raw, int]:
        """The first of those in the room as JSON, and how many there are. Asked whenever somebody comes in: to a room
        with more than are listed always with the same answer, until one of them goes."""
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
            self._gathering[room_id] = loop.call_later(GATHER_SECONDS, self._is_due, room_id)

    def _is_due(self, room_id: int) -> None:
        self._due.append(room_id)
        if self._waiting is None:
            self._announce_due()

    def _announce_due(self) -> None:
        """All rooms that are due, or until too much was told for now."""
        self._waiting = None
        while self._due:
            if wait := self._frames.take():
                self._waiting = asyncio.get_running_loop().call_later(wait, self._announce_due)
                return
            self._announce(self._due.popleft())

    def _announce(self, room_id: int) -> None:
        self._gathering.pop(room_id, None)
        told, here = self._sent.get(room_id, {}), self.here(room_id)
        joined = [person for who, person in here.items() if told.get(who) != person]
        left = [who for who in told if who not in here]
        if here:
            self._sent[room_id] = here
        else:
            self._sent.pop(room_id, None)
        if joined or left:
            self._frames.charge(len(self._rooms.get(room_id, ())))
            self._send(room_id, joined, left, len(here))

    # ---- The database, in a database thread

    def next_report(self) -> tuple[uuid.UUID, set[PresenceKey], set[PresenceKey], set[PresenceKey]]:
        """The arguments of `actions.report`; call `reported` when it is done."""
        mine = set(self._places)
        self._changed = set()
        return self.worker_id, mine, mine - self._reported, self._reported - mine

    def has_news(self) -> bool:
        return self._places != self._reported

    def reported(self, everybody: set[PresenceKey]) -> None:
        self._reported = everybody - self._changed
        self._people = {who: self._people[who] for _, who in self._places}

    def known_versions(self) -> dict[uuid.UUID, int]:
        return {worker_id: other.version for worker_id, other in self._others.items()}

    def merge(self, claims: dict[uuid.UUID, Claims]) -> list[uuid.UUID]:
        """Take over what the other workers claim. Returns those that have died, to be removed."""
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
    def has_company(self) -> bool:
        """Whether another process serves the same database."""
        return any(other.is_alive for other in self._others.values())

    @property
    def is_alone(self) -> bool:
        """Whether there is no trace of another process. One that has just started was not seen alive yet."""
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


def report(
    worker_id: uuid.UUID, everybody: set[PresenceKey], came: set[PresenceKey], went: set[PresenceKey], load: Load = IDLE
) -> None:
    """`actions.report`, told to the other workers where somebody came or went."""
    actions.report(worker_id, everybody, came, went, load)
    if came or went:
        broadcast.publish(broadcast.WORKERS_GROUP, broadcast.presence_moved(str(worker_id)))


def read_claims(me: uuid.UUID, known: dict[uuid.UUID, int]) -> dict[uuid.UUID, Claims]:
    """What all other workers claim: one query for their versions, one more for the people of those that moved."""
    claims = {}
    for worker in Worker.objects.exclude(pk=me):
        rooms = None if known.get(worker.pk) == worker.version else _people_of(worker)
        claims[worker.pk] = Claims(worker.beat, worker.version, rooms)
    return claims


def _people_of(worker: Worker) -> dict[int, PeopleById]:
    rooms: dict[int, PeopleById] = {}
    rows = Presence.objects.filter(worker=worker).order_by("pk")
    columns = ("room_id", "person_id", "person__name", "person__is_guest", "person__color")
    for room_id, who, name, guest, color in rows.values_list(*columns):
        rooms.setdefault(room_id, {})[who] = protocol.PersonData(who, name, guest, color)
    return rooms

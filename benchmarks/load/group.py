"""Clients in rooms that post for a while and keep everything they received for the audit."""

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.load.decoder import SharedDecoder
from benchmarks.load.dialect import Dialect
from benchmarks.load.room import Client, Room

LOOK_SECONDS = 0.01
ACK_SECONDS = 2.0
# Acks that are due by time are spread over this many moments, as those of people who came at different times are.
_ACK_TURNS = 20


@dataclass(frozen=True, slots=True)
class Workload:
    """The posts to send.

    `posters` people in each room post for `seconds`, each with at most `outstanding` unanswered posts. With a `rate`,
    they send that many posts a second over all rooms and do not wait for answers. With `posts`, they stop after that
    many posts in each room.
    """

    seconds: float = 0.0
    posters: int = 20
    outstanding: int = 1
    rate: float = 0.0
    posts: int = 0


class Group:
    """The clients of a run and their rooms. `failures` are sentences about what must not happen."""

    connections: Sequence[Client]

    def __init__(self, dialect: Dialect):
        self.rooms: dict[str, Room] = {}
        self.decoder = SharedDecoder(dialect)
        self.failures: list[str] = []
        self._numbers = itertools.count()
        self._acking: asyncio.Task[None] | None = None

    def room(self, name: str) -> Room:
        return self.rooms.setdefault(name, Room(name, self.decoder.dialect, self._numbers))

    async def post(self, workload: Workload, patience: float) -> None:
        """Post until everyone has everything, or until nothing has changed for `patience` seconds."""
        until = time.perf_counter() + workload.seconds
        for room in self.rooms.values():
            if workload.posts:
                room.begin_as_answered(workload.posters, workload.outstanding, workload.posts)
            else:
                room.begin(workload.posters, 0 if workload.rate else workload.outstanding, until)
        if workload.rate:
            posts = int(workload.rate * workload.seconds)
            await self.post_at(workload.rate, lambda number: number >= posts)
        await self.settle(patience, until)

    async def post_at(self, rate: float, is_enough: Callable[[int], bool]) -> None:
        """Post every 1/`rate` seconds, in one room after the other, answered or not, until there are enough posts."""
        started, rooms = time.perf_counter(), itertools.cycle(self.rooms.values())
        for number in itertools.count():
            if is_enough(number):
                return
            await asyncio.sleep(started + number / rate - time.perf_counter())
            next(rooms).post()

    async def settle(self, patience: float, until: float = 0.0) -> None:
        moved_at, before = time.perf_counter(), -1
        while not all(room.is_done for room in self.rooms.values()):
            await asyncio.sleep(LOOK_SECONDS)
            if before != (before := self.deliveries):
                moved_at = time.perf_counter()
            elif time.perf_counter() > max(moved_at, until) + patience:
                self.failures.append(f"Nothing moved for {patience:.0f} s, and not everything had arrived.")
                return

    def start_acknowledging(self) -> None:
        self._acking = self._acking or asyncio.create_task(self._acknowledge_in_time())

    async def _acknowledge_in_time(self) -> None:
        for turn in itertools.cycle(range(_ACK_TURNS)):
            for connection in self.connections[turn::_ACK_TURNS]:
                connection.acknowledge()
            await asyncio.sleep(ACK_SECONDS / _ACK_TURNS)

    def stop_acknowledging(self) -> None:
        if self._acking is not None:
            self._acking.cancel()

    @property
    def deliveries(self) -> int:
        return sum(connection.posts for connection in self.connections)

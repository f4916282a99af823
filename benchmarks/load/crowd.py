"""Everybody at once: they come in, post for a while, and all that they heard is kept for the audit."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.load.dialect import Dialect, Heard, Visitor
from benchmarks.load.ear import Ear
from benchmarks.load.line import Line
from benchmarks.load.room import Room

CONNECTING_AT_ONCE = 64
# A server that lets somebody wait for so long has forgotten them.
ENTERING_SECONDS = 60.0
LOOK_SECONDS = 0.01
QUIET_SECONDS = 0.5
ACK_SECONDS = 2.0
# Acks that are due by time are spread over this many moments, as those of people who came at different times are.
_ACK_TURNS = 20


@dataclass(frozen=True, slots=True)
class Order:
    """What is posted: for so many seconds, by so many people in each room, so many on the way in each; or, with a
    `rate`, so many a second over all rooms, whatever becomes of them."""

    seconds: float
    posters: int = 20
    outstanding: int = 1
    rate: float = 0.0


class Crowd:
    """All clients of a server, which listens at 127.0.0.1: at its ports in turn, or `by_room` all of a room at one, as
    behind a proxy that looks at the path. `failures` are sentences about what should not have been; `asides` counts
    frames that are neither posts nor answers."""

    def __init__(self, dialect: Dialect, ports: Sequence[int], *, by_room: bool = False):
        self.rooms: dict[str, Room] = {}
        self.lines: list[Line] = []
        self.ear = Ear(dialect)
        self.failures: list[str] = []
        self.asides = 0
        self._dialect, self._ports, self._by_room = dialect, itertools.cycle(ports), by_room
        self._ports_of_rooms: dict[str, int] = {}
        self._numbers = itertools.count()
        self._entering: dict[Line, asyncio.Future[None]] = {}
        self._acking: asyncio.Task[None] | None = None
        self._is_leaving = False

    # ---- Coming in and going

    async def come(self, visitors: Iterable[Visitor]) -> float:
        """They come in; the seconds it took, from the first handshake until the last is in its room."""
        started = time.perf_counter()
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for visitor in visitors:
                group.create_task(self._enter(visitor, gate))
        self._acking = self._acking or asyncio.create_task(self._acknowledge_in_time())
        return time.perf_counter() - started

    async def _enter(self, visitor: Visitor, gate: asyncio.Semaphore) -> None:
        loop = asyncio.get_running_loop()
        async with gate:
            line = Line(self, self._dialect, self.ear, visitor)
            entered = self._entering[line] = loop.create_future()
            await loop.create_connection(lambda: line, "127.0.0.1", self._port_for(visitor))
            try:
                async with asyncio.timeout(ENTERING_SECONDS):
                    await entered
            except TimeoutError as error:
                del self._entering[line]
                raise ConnectionError(f"Somebody was not let in within {ENTERING_SECONDS:.0f} s.") from error

    def _port_for(self, visitor: Visitor) -> int:
        if self._by_room and visitor.room in self._ports_of_rooms:
            return self._ports_of_rooms[visitor.room]
        port = self._ports_of_rooms[visitor.room] = next(self._ports)
        return port

    async def rest(self, patience: float) -> None:
        """Until everybody has heard who is here: nothing has come for a while. `patience` seconds at most."""
        before = -1
        for _ in range(int(patience / QUIET_SECONDS)):
            if before == (before := self.asides):
                return
            await asyncio.sleep(QUIET_SECONDS)

    async def _acknowledge_in_time(self) -> None:
        for turn in itertools.cycle(range(_ACK_TURNS)):
            for line in self.lines[turn::_ACK_TURNS]:
                line.acknowledge()
            await asyncio.sleep(ACK_SECONDS / _ACK_TURNS)

    async def leave(self) -> None:
        self._is_leaving = True
        if self._acking is not None:
            self._acking.cancel()
        for line in self.lines:
            line.close()
        await asyncio.sleep(0)

    # ---- Posting

    async def post(self, order: Order, patience: float) -> None:
        """Post, until everybody has everything or nothing has moved for `patience` seconds."""
        started = time.perf_counter()
        for room in self.rooms.values():
            room.begin(order.posters, 0 if order.rate else order.outstanding, started + order.seconds)
        if order.rate:
            await self._post_in_time(order, started)
        await self._settle(patience, started + order.seconds)

    async def _post_in_time(self, order: Order, started: float) -> None:
        rooms = itertools.cycle(self.rooms.values())
        for number in range(int(order.rate * order.seconds)):
            if (wait := started + number / order.rate - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            next(rooms).post()

    async def _settle(self, patience: float, until: float) -> None:
        moved_at, before = time.perf_counter(), -1
        while not self._is_settled():
            await asyncio.sleep(LOOK_SECONDS)
            if before != (before := sum(line.posts for line in self.lines)):
                moved_at = time.perf_counter()
            elif time.perf_counter() > max(moved_at, until) + patience:
                self.failures.append(f"Nothing moved for {patience:.0f} s, and not everything had arrived.")
                return

    def _is_settled(self) -> bool:
        return all(room.is_done for room in self.rooms.values())

    # ---- What connections tell

    def entered(self, line: Line) -> None:
        name = line.visitor.room
        room = self.rooms.setdefault(name, Room(name, self._dialect, self._numbers))
        room.entered(line)
        self.lines.append(line)
        self._entering.pop(line).set_result(None)

    def advanced(self, line: Line, before: int, after: int) -> None:
        self.rooms[line.visitor.room].advanced(before, after)

    def told(self, line: Line, heard: Heard) -> None:
        if heard.answered is not None:
            self.rooms[line.visitor.room].answered(heard.answered)
        elif heard.again is not None:
            self.rooms[line.visitor.room].again(line, heard.again)
        else:
            self.asides += 1

    def closed(self, line: Line, reason: str) -> None:
        if (entering := self._entering.pop(line, None)) is not None:
            entering.set_exception(ConnectionError(reason))
        elif not self._is_leaving:
            self.failures.append(f"A connection ended: {reason}")

    @property
    def deliveries(self) -> int:
        return sum(line.posts for line in self.lines)

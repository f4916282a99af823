"""All clients of a server: they connect, post for a while, and keep everything they received for the audit."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.load.connection import Connection
from benchmarks.load.decoder import SharedDecoder
from benchmarks.load.dialect import Decoded, Dialect, Visitor
from benchmarks.load.room import Room

CONNECTING_AT_ONCE = 64
# A handshake that takes longer than this counts as lost.
ENTERING_SECONDS = 60.0
LOOK_SECONDS = 0.01
QUIET_SECONDS = 0.5
ACK_SECONDS = 2.0
# Acks that are due by time are spread over this many moments, as those of people who came at different times are.
_ACK_TURNS = 20


@dataclass(frozen=True, slots=True)
class Workload:
    """The posts to send: for `seconds`, by `posters` people in each room, `outstanding` at a time in each; or, with a
    `rate`, so many a second over all rooms, answered or not."""

    seconds: float
    posters: int = 20
    outstanding: int = 1
    rate: float = 0.0


class ClientGroup:
    """All clients of a server at 127.0.0.1: at its ports in turn, or `by_room` all of a room at one port, as
    behind a proxy that looks at the path. `failures` are sentences about what must not happen. `other_frames`
    counts frames that are neither posts nor answers."""

    def __init__(self, dialect: Dialect, ports: Sequence[int], *, by_room: bool = False):
        self.rooms: dict[str, Room] = {}
        self.connections: list[Connection] = []
        self.decoder = SharedDecoder(dialect)
        self.failures: list[str] = []
        self.other_frames = 0
        self._dialect, self._ports, self._by_room = dialect, itertools.cycle(ports), by_room
        self._ports_of_rooms: dict[str, int] = {}
        self._numbers = itertools.count()
        self._entering: dict[Connection, asyncio.Future[None]] = {}
        self._acking: asyncio.Task[None] | None = None
        self._is_leaving = False

    # ---- Connecting and disconnecting

    async def connect(self, visitors: Iterable[Visitor]) -> float:
        """Connect all. Return the seconds from the first handshake until the last is in its room."""
        started = time.perf_counter()
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for visitor in visitors:
                tasks.create_task(self._enter(visitor, gate))
        self._acking = self._acking or asyncio.create_task(self._acknowledge_in_time())
        return time.perf_counter() - started

    async def _enter(self, visitor: Visitor, gate: asyncio.Semaphore) -> None:
        loop = asyncio.get_running_loop()
        async with gate:
            connection = Connection(self, self._dialect, self.decoder, visitor)
            entered = self._entering[connection] = loop.create_future()
            await loop.create_connection(lambda: connection, "127.0.0.1", self._port_for(visitor))
            try:
                async with asyncio.timeout(ENTERING_SECONDS):
                    await entered
            except TimeoutError as error:
                del self._entering[connection]
                raise ConnectionError(f"A client was not admitted within {ENTERING_SECONDS:.0f} s.") from error

    def _port_for(self, visitor: Visitor) -> int:
        if self._by_room and visitor.room in self._ports_of_rooms:
            return self._ports_of_rooms[visitor.room]
        port = self._ports_of_rooms[visitor.room] = next(self._ports)
        return port

    async def rest(self, patience: float) -> None:
        """Wait until nothing has come for a while: everyone knows who is online. Wait `patience` seconds at most."""
        before = -1
        for _ in range(int(patience / QUIET_SECONDS)):
            if before == (before := self.other_frames):
                return
            await asyncio.sleep(QUIET_SECONDS)

    async def _acknowledge_in_time(self) -> None:
        for turn in itertools.cycle(range(_ACK_TURNS)):
            for connection in self.connections[turn::_ACK_TURNS]:
                connection.acknowledge()
            await asyncio.sleep(ACK_SECONDS / _ACK_TURNS)

    async def leave(self) -> None:
        self._is_leaving = True
        if self._acking is not None:
            self._acking.cancel()
        for connection in self.connections:
            connection.close()
        await asyncio.sleep(0)

    # ---- Posting

    async def post(self, workload: Workload, patience: float) -> None:
        """Post until everyone has everything, or until nothing has changed for `patience` seconds."""
        started = time.perf_counter()
        for room in self.rooms.values():
            room.begin(workload.posters, 0 if workload.rate else workload.outstanding, started + workload.seconds)
        if workload.rate:
            await self._post_in_time(workload, started)
        await self._settle(patience, started + workload.seconds)

    async def _post_in_time(self, workload: Workload, started: float) -> None:
        rooms = itertools.cycle(self.rooms.values())
        for number in range(int(workload.rate * workload.seconds)):
            if (wait := started + number / workload.rate - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            next(rooms).post()

    async def _settle(self, patience: float, until: float) -> None:
        moved_at, before = time.perf_counter(), -1
        while not self._is_settled():
            await asyncio.sleep(LOOK_SECONDS)
            if before != (before := sum(connection.posts for connection in self.connections)):
                moved_at = time.perf_counter()
            elif time.perf_counter() > max(moved_at, until) + patience:
                self.failures.append(f"Nothing moved for {patience:.0f} s, and not everything had arrived.")
                return

    def _is_settled(self) -> bool:
        return all(room.is_done for room in self.rooms.values())

    # ---- Events of connections

    def entered(self, connection: Connection) -> None:
        name = connection.visitor.room
        room = self.rooms.setdefault(name, Room(name, self._dialect, self._numbers))
        room.entered(connection)
        self.connections.append(connection)
        self._entering.pop(connection).set_result(None)

    def advanced(self, connection: Connection, before: int, after: int) -> None:
        self.rooms[connection.visitor.room].advanced(before, after)

    def told(self, connection: Connection, decoded: Decoded) -> None:
        if decoded.answered is not None:
            self.rooms[connection.visitor.room].answered(decoded.answered)
        elif decoded.again is not None:
            self.rooms[connection.visitor.room].again(connection, decoded.again)
        else:
            self.other_frames += 1

    def closed(self, connection: Connection, reason: str) -> None:
        if (entering := self._entering.pop(connection, None)) is not None:
            entering.set_exception(ConnectionError(reason))
        elif not self._is_leaving:
            self.failures.append(f"A connection ended: {reason}")

    @property
    def deliveries(self) -> int:
        return sum(connection.posts for connection in self.connections)

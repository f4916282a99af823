"""All clients of a server, each with one connection for the whole run."""

import asyncio
import itertools
import time
from collections.abc import Iterable, Sequence

from benchmarks.load.connection import Connection
from benchmarks.load.dialect import Decoded, Dialect, Visitor
from benchmarks.load.group import Group

CONNECTING_AT_ONCE = 64
# A handshake that takes longer than this counts as lost.
ENTERING_SECONDS = 60.0
QUIET_SECONDS = 0.5


class ClientGroup(Group):
    """All clients of a server at 127.0.0.1: at its ports in turn, or `by_room` all of a room at one port, as
    behind a proxy that looks at the path. `other_frames` counts frames that are neither posts nor answers."""

    def __init__(self, dialect: Dialect, ports: Sequence[int], *, by_room: bool = False):
        super().__init__(dialect)
        self.connections: list[Connection] = []
        self.other_frames = 0
        self._ports, self._by_room = itertools.cycle(ports), by_room
        self._ports_of_rooms: dict[str, int] = {}
        self._entering: dict[Connection, asyncio.Future[None]] = {}
        self._is_leaving = False

    # ---- Connecting and disconnecting

    async def connect(self, visitors: Iterable[Visitor]) -> float:
        """Connect all. Return the seconds from the first handshake until the last is in its room."""
        started = time.perf_counter()
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for visitor in visitors:
                tasks.create_task(self._enter(visitor, gate))
        self.start_acknowledging()
        return time.perf_counter() - started

    async def _enter(self, visitor: Visitor, gate: asyncio.Semaphore) -> None:
        loop = asyncio.get_running_loop()
        async with gate:
            connection = Connection(self, self.decoder, visitor)
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

    async def leave(self) -> None:
        self._is_leaving = True
        self.stop_acknowledging()
        for connection in self.connections:
            connection.close()
        await asyncio.sleep(0)

    # ---- Events of connections

    def entered(self, connection: Connection) -> None:
        self.room(connection.visitor.room).entered(connection)
        self.connections.append(connection)
        self._entering.pop(connection).set_result(None)

    def advanced(self, connection: Connection, before: int, after: int) -> None:
        self.rooms[connection.visitor.room].advanced(before, after)

    def received(self, connection: Connection, decoded: Decoded) -> None:
        if decoded.answered is not None:
            self.rooms[connection.visitor.room].answered(connection, decoded.answered)
        elif decoded.again is not None:
            self.rooms[connection.visitor.room].again(connection, decoded.again)
        else:
            self.other_frames += 1

    def closed(self, connection: Connection, reason: str) -> None:
        if (entering := self._entering.pop(connection, None)) is not None:
            entering.set_exception(ConnectionError(reason))
        elif not self._is_leaving:
            self.failures.append(f"A connection ended: {reason}")

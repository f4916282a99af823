"""One person over all their connections. They reconnect with their cursor, at any available worker."""

import asyncio
import random
import time
from array import array
from dataclasses import dataclass

from benchmarks.load.connection import Connection
from benchmarks.load.decoder import SharedDecoder
from benchmarks.load.dialect import Answer, Decoded, Visitor
from benchmarks.load.dialects import Site
from benchmarks.load.room import Room
from benchmarks.workers.balancer import Balancer
from benchmarks.workers.outbox import Outbox
from chat import protocol
from chat.protocol import Cursor

# The waits of docs/protocol.md, "Writing a client".
SHORTEST_SECONDS, LONGEST_SECONDS = 0.5, 30.0
# A connection without a hello after so long is dead. After one that lasted so long, waits are short again.
HELLO_SECONDS, GOOD_SECONDS = 10.0, 5.0


class Resuming(Site):
    """The site's dialect for a client that reconnects. It handles the frames that end a connection itself."""

    def notice(self, frame: protocol.Frame) -> Decoded:
        return Decoded(notice=frame)


@dataclass(slots=True)
class Blackout:
    """A time without the room: from the loss of the connection, or its announced end, until nothing is missing."""

    began: float
    ended: float | None = None


class Member:
    """A member of the room. `log` is what it received in order; `arrived` and `ports` say when and by which worker."""

    def __init__(self, visitor: Visitor, room: Room, balancer: Balancer, decoder: SharedDecoder, outstanding: int):
        self.log: list[Decoded] = []
        self.arrived, self.ports = array("d"), array("H")
        self.posts = self.connections = 0
        self.blackouts: list[Blackout] = []
        self.outbox = Outbox(outstanding)
        self.was_in = asyncio.Event()
        self.is_in = False
        self._visitor, self._room, self._balancer, self._decoder = visitor, room, balancer, decoder
        self._cursor, self._head_rev = visitor.cursor, 0
        self._connection: Connection | None = None
        self._port = 0
        self._entered_at = float("inf")
        self._announced_delay: float | None = None
        self._over = asyncio.Event()

    # ---- Connecting

    async def stay(self) -> None:
        """Stay in the room until cancelled, reconnecting as needed."""
        attempt = 0
        try:
            while True:
                self._entered_at = float("inf")
                await self._visit()
                if time.perf_counter() - self._entered_at > GOOD_SECONDS:
                    attempt = 0
                await asyncio.sleep(self._delay(attempt))
                attempt += 1
        finally:
            if self._connection is not None:
                self._connection.close()

    async def _visit(self) -> None:
        """Run one connection from its handshake to its end."""
        connection = Connection(self, self._decoder, self._visitor._replace(cursor=self._cursor))
        port = await self._balancer.connect(connection)
        if port is None:
            return
        self._connection, self._port = connection, port
        self._over.clear()
        impatience = asyncio.get_running_loop().call_later(HELLO_SECONDS, self._give_up, connection)
        await self._over.wait()
        impatience.cancel()
        self._balancer.closed(port)

    def _delay(self, attempt: int) -> float:
        """Return the wait that the server asked for, else full jitter up to a limit that doubles."""
        announced, self._announced_delay = self._announced_delay, None
        longest = min(LONGEST_SECONDS, 2 * SHORTEST_SECONDS * 2**attempt)
        return random.uniform(SHORTEST_SECONDS, longest) if announced is None else announced

    def _give_up(self, connection: Connection) -> None:
        if not self.is_in:
            connection.abort()

    def post(self, number: int) -> None:
        self.outbox.write(number)

    def acknowledge(self) -> None:
        if self.is_in and self._connection is not None:
            self._connection.acknowledge()

    # ---- Events of the connection

    def entered(self, connection: Connection) -> None:
        self.is_in = True
        self._entered_at = time.perf_counter()
        self.connections += 1
        self._head_rev = _rev(connection.cursor)
        self._read_up_to(self._cursor or connection.cursor)
        self.outbox.connected(connection, self._port)
        self.was_in.set()

    def advanced(self, connection: Connection, before: int, after: int) -> None:
        decoded, held = connection.log[-1], self.posts
        self.log.append(decoded)
        self.arrived.append(decoded.last_at)
        self.ports.append(self._port)
        self.posts = held + after - before
        self._read_up_to(decoded.cursor)
        self._room.advanced(held, self.posts)

    def received(self, connection: Connection, decoded: Decoded) -> None:
        if decoded.cursor:
            self._read_up_to(decoded.cursor)
        elif decoded.answered:
            self._answered(decoded.answered)
        elif decoded.again:
            self.outbox.postpone(decoded.again.seconds)
        match decoded.notice:
            case protocol.Error(ref=str()):
                self._room.failures.append(f"The site refused: {decoded.notice}")
            case protocol.Error(retry_after=seconds):
                self._announced_delay = seconds
            case protocol.Bye(reconnect_after=seconds):
                self._announced_delay = seconds
                self._lose()
            case protocol.Reset(cursor=cursor):
                self._room.failures.append("A client had to load the room anew.")
                self._cursor = cursor

    def closed(self, connection: Connection, reason: str) -> None:
        self._lose()
        self._connection = None
        self._over.set()

    def _answered(self, answer: Answer) -> None:
        if self.outbox.answered(answer.number):
            self._room.answered(self, answer)
        elif answer.number not in self.outbox.written or self._room.posts[answer.number].answer != answer:
            self._room.failures.append(f"{answer}, for which nothing waits.")

    def _lose(self) -> None:
        if self.is_in:
            self.is_in = False
            self.outbox.disconnected()
            self.blackouts.append(Blackout(time.perf_counter()))

    def _read_up_to(self, cursor: str) -> None:
        """A cursor is opaque to clients; that this one is read is no part of how the client behaves."""
        self._cursor = cursor
        if self.blackouts and self.blackouts[-1].ended is None and _rev(cursor) >= self._head_rev:
            self.blackouts[-1].ended = time.perf_counter()


def _rev(cursor: str) -> int:
    parsed = Cursor.parse(cursor)
    return parsed.rev if parsed else 0

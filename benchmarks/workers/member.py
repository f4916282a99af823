"""One person over all their connections. They reconnect with their cursor, at any available worker."""

import asyncio
import random
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.chunks import Chunk, ChunkReader
from benchmarks.client import Client, Welcome
from benchmarks.workers.balancer import Balancer
from benchmarks.workers.outbox import Outbox
from chat import protocol
from chat.protocol import Cursor

# The waits of docs/protocol.md, "Writing a client".
SHORTEST_SECONDS, LONGEST_SECONDS = 0.5, 30.0
# A connection without a hello after so long is dead. After one that lasted so long, waits are short again.
HELLO_SECONDS, GOOD_SECONDS = 10.0, 5.0


@dataclass(slots=True)
class Blackout:
    """A time without the room: from the loss of the connection, or its announced end, until nothing is missing."""

    began: float
    ended: float | None = None


class Member:
    """A member of the room. `log` is what it received in order; `arrived` and `ports` say when and by which worker.

    `on_news` is called for each arrival and each new connection.
    """

    def __init__(
        self,
        address: tuple[Balancer, str, str],
        chunks: ChunkReader,
        outbox: Outbox,
        on_news: Callable[["Member"], None],
    ):
        self.log: list[Chunk] = []
        self.arrived, self.ports = array("d"), array("H")
        self.messages = self.connections = 0
        self.blackouts: list[Blackout] = []
        self.failures: list[str] = []
        self.outbox = outbox
        self.is_in = False
        self._balancer, self._room, self._token = address
        self._chunks, self._on_news = chunks, on_news
        self._cursor: str | None = None
        self._head_rev = 0
        self._connection: Client | None = None
        self._port = 0
        self._entered_at = float("inf")
        self._told_delay: float | None = None
        self._over = asyncio.Event()

    # ---- Being there

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
        path = f"/ws/chat/{self._room}/" + (f"?after={self._cursor}" if self._cursor else "")
        connection = Client(self, self._chunks, "127.0.0.1", path, self._token)
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
        told, self._told_delay = self._told_delay, None
        longest = min(LONGEST_SECONDS, 2 * SHORTEST_SECONDS * 2**attempt)
        return random.uniform(SHORTEST_SECONDS, longest) if told is None else told

    def _give_up(self, connection: Client) -> None:
        if not self.is_in:
            connection.abort()

    def acknowledge(self) -> None:
        if self.is_in and self._connection is not None:
            self._connection.ack()

    # ---- Events of the connection

    def received(self, client: Client, frame: protocol.Frame) -> None:
        match frame:
            case Welcome():
                self._enter(client, frame)
            case protocol.Ok() if frame.client_id:
                self.outbox.answered(frame)
            case protocol.Error() if frame.ref:
                self.outbox.refuse(frame)
            case protocol.Error():
                self._told_delay = frame.retry_after
            case protocol.Bye():
                self._told_delay = frame.reconnect_after
                self._lose()
            case protocol.Reset():
                self.failures.append("was told to load the room anew.")
                self._cursor = frame.cursor

    def _enter(self, client: Client, hello: Welcome) -> None:
        self.is_in = True
        self._entered_at = time.perf_counter()
        self.connections += 1
        self._cursor = self._cursor or hello.cursor
        self._head_rev = _rev(hello.cursor)
        self.outbox.connected(client, self._port)
        self._look_if_caught_up()
        self._on_news(self)

    def advanced(self, client: Client, chunk: Chunk) -> None:
        self.log.append(chunk)
        self.arrived.append(chunk.last_at)
        self.ports.append(self._port)
        self.messages += len(chunk.rows)
        self._cursor = chunk.cursor
        self._look_if_caught_up()
        self._on_news(self)

    def closed(self, client: Client, reason: str) -> None:
        self._lose()
        self._connection = None
        self._over.set()

    def _lose(self) -> None:
        if self.is_in:
            self.is_in = False
            self.outbox.line_is_lost()
            self.blackouts.append(Blackout(time.perf_counter()))

    def _look_if_caught_up(self) -> None:
        """A cursor is opaque to clients; that this one is read is no part of how the client behaves."""
        if self.blackouts and self.blackouts[-1].ended is None and _rev(self._cursor or "") >= self._head_rev:
            self.blackouts[-1].ended = time.perf_counter()


def _rev(cursor: str) -> int:
    parsed = Cursor.parse(cursor)
    return parsed.rev if parsed else 0

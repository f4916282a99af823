"""All clients of one room: everyone connects, some post, and everything received is kept for the audit."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.chunks import Chunk, ChunkReader
from benchmarks.client import Client, Welcome
from benchmarks.posting import Posting
from chat import protocol

ACK_SECONDS = 2.0
CONNECTING_AT_ONCE = 64
QUIET_SECONDS = 1.0
# Acks that are due by time are spread over this many moments, as those of people who came at different times are.
_ACK_TURNS = 20


@dataclass(slots=True)
class ClientGroup:
    """All clients of one room at 127.0.0.1. `failures` are sentences about what must not happen."""

    port: int
    room: str
    clients: list[Client] = field(default_factory=list)
    posting: Posting = field(default_factory=Posting)
    failures: list[str] = field(default_factory=list)
    _chunks: ChunkReader = field(default_factory=ChunkReader)
    _hellos: dict[Client, asyncio.Future[None]] = field(default_factory=dict)
    _behind: set[Client] = field(default_factory=set)
    _settled: asyncio.Event = field(default_factory=asyncio.Event)
    _leaving: bool = False

    # ---- Connecting

    async def connect(self, tokens: Sequence[str]) -> float:
        """Connect everyone. Return the seconds from the first handshake to the last hello."""
        started = time.perf_counter()
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for token in tokens:
                tasks.create_task(self._enter(token, gate))
        return time.perf_counter() - started

    async def _enter(self, token: str, gate: asyncio.Semaphore) -> None:
        loop = asyncio.get_running_loop()
        client = Client(self, self._chunks, f"127.0.0.1:{self.port}", f"/ws/chat/{self.room}/", token)
        self._hellos[client] = loop.create_future()
        async with gate:
            await loop.create_connection(lambda: client, "127.0.0.1", self.port)
            await self._hellos[client]
        self.clients.append(client)

    async def rest(self, patience: float) -> None:
        """Wait until no frame has come for a second: everyone knows who is online. Wait `patience` seconds at most."""
        before = -1
        for _ in range(int(patience / QUIET_SECONDS)):
            if before == (before := self.frames):
                return
            await asyncio.sleep(QUIET_SECONDS)

    # ---- Posting

    async def post(self, posts: int, posters: int, outstanding: int, patience: float) -> None:
        """Post until everyone has everything, or until nothing has changed for `patience` seconds."""
        self._behind = set(self.clients)
        self._settled.clear()
        acking = asyncio.create_task(self._ack_in_time())
        self.posting.start(self.clients[:posters], posts, outstanding)
        before = -1
        while before != (before := self.deliveries + self.posting.acked) and not self._settled.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), patience)
        acking.cancel()
        if not self._settled.is_set():
            self.failures.append(f"Nothing moved for {patience:.0f} s, and not everything had arrived.")

    async def _ack_in_time(self) -> None:
        for turn in itertools.cycle(range(_ACK_TURNS)):
            for client in self.clients[turn::_ACK_TURNS]:
                client.ack()
            await asyncio.sleep(ACK_SECONDS / _ACK_TURNS)

    # ---- Events of clients

    def received(self, client: Client, frame: protocol.Frame) -> None:
        match frame:
            case Welcome():
                self._hellos[client].set_result(None)
            case protocol.Ok():
                self.posting.answered(client, frame)
                self._look_if_settled()
            case protocol.Error():
                self.posting.refused(client, frame)
            case protocol.Reset() | protocol.Bye():
                self.failures.append(f"A client got {frame} instead of changes.")

    def advanced(self, client: Client, chunk: Chunk) -> None:
        if client.messages >= self.posting.total:
            self._behind.discard(client)
            self._look_if_settled()

    def closed(self, client: Client, reason: str) -> None:
        if not self._hellos[client].done():
            self._hellos[client].set_exception(ConnectionError(reason))
        if not self._leaving:
            self.failures.append(f"A connection ended: {reason}")
            self._behind.discard(client)
            self._look_if_settled()

    def _look_if_settled(self) -> None:
        if not self._behind and self.posting.is_done:
            self._settled.set()

    def leave(self) -> None:
        self._leaving = True
        for client in self.clients:
            client.close()

    # ---- Counts

    @property
    def frames(self) -> int:
        return sum(client.frames for client in self.clients)

    @property
    def changes_frames(self) -> int:
        return sum(len(client.log) for client in self.clients)

    @property
    def deliveries(self) -> int:
        return sum(client.messages for client in self.clients)

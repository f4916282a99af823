"""What a flooder does, over and over and without a pause, until its connection ends."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import msgspec

from benchmarks import websocket
from chat import protocol

ADDRESS = "127.0.0.2"  # another than that of the crowd
HOST = "127.0.0.1"
SILENT_IN_A_LANE = 250
BODY_OF_A_LARGE_FRAME = "x" * (protocol.MAX_FRAME_IN_BYTES - 200)

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Target:
    """The site, and as whom it is flooded. `counts` has what was `tried`, and what was `refused` for being too much;
    `begun` is set by the first."""

    port: int
    room: str
    token: str
    counts: Counter[str] = field(default_factory=Counter)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self) -> Stream:
        return await asyncio.open_connection(HOST, self.port, local_addr=(ADDRESS, 0))

    async def enter(self) -> Stream:
        """A WebSocket in the room, or about to be turned away from it."""
        reader, writer = await self.connect()
        headers = {"Authorization": f"Bearer {self.token}", "Sec-WebSocket-Protocol": protocol.SUBPROTOCOL}
        writer.write(websocket.handshake(HOST, f"/ws/chat/{self.room}/", websocket.new_key(), headers))
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    def tried(self, was_refused: bool = False) -> None:
        self.begun.set()
        self.counts["tried"] += 1
        self.counts["refused"] += was_refused


# ---- On a WebSocket


async def posts(target: Target) -> None:
    await _send(target, _posts())


async def frames(target: Target) -> None:
    """The largest that are read at all, with a body that is too long."""
    await _send(target, itertools.repeat(_frame(BODY_OF_A_LARGE_FRAME)))


async def connections(target: Target) -> None:
    """Come in, hear the first word, and go."""
    while True:
        reader, writer = await target.enter()
        target.tried(b"rate_limited" in await reader.read(4096))
        writer.transport.abort()


def _posts() -> Iterator[bytes]:
    for number in itertools.count():
        yield _frame(f"flood {number}")


def _frame(body: str) -> bytes:
    return websocket.client_frame(websocket.TEXT, protocol.Post(client_id=uuid4(), body=body).encode().encode())


async def _send(target: Target, frames: Iterator[bytes]) -> None:
    """As fast as the server takes them in, while its answers are read."""
    reader, writer = await target.enter()
    reading = asyncio.create_task(_read(target, reader))
    try:
        while not reading.done():
            writer.write(next(frames))
            target.tried()
            await writer.drain()
            await asyncio.sleep(0)
    finally:
        reading.cancel()
        writer.transport.abort()


async def _read(target: Target, reader: asyncio.StreamReader) -> None:
    while answers := await reader.read(65536):
        target.counts["refused"] += answers.count(b'"rate_limited"')


# ---- By HTTP


async def sign_ins(target: Target) -> None:
    await _ask(target, "/api/token/", ({"username": "nobody", "password": f"wrong {n}"} for n in itertools.count()))


async def joins(target: Target) -> None:
    await _ask(target, "/api/join/", ({"name": f"Flood {uuid4().hex[:12]}"} for _ in itertools.count()))


async def searches(target: Target) -> None:
    await _ask(target, "/api/search/?q=message", itertools.repeat(None))


async def _ask(target: Target, path: str, bodies: Iterator[dict[str, str] | None]) -> None:
    reader, writer = await target.connect()
    for fields in bodies:
        writer.write(_request(target, path, fields))
        head = await reader.readuntil(b"\r\n\r\n")
        [length] = [line.split()[1] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
        await reader.readexactly(int(length))
        target.tried(head.split()[1] == b"429")


def _request(target: Target, path: str, fields: dict[str, str] | None) -> bytes:
    if fields is None:
        return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {target.token}\r\n\r\n".encode()
    body = msgspec.json.encode(fields)
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


# ---- By nothing


async def silence(target: Target) -> None:
    """Connections that say nothing, and another for each that is closed."""
    held: list[Stream] = []
    while True:
        held.append(await target.connect())
        target.tried()
        if len(held) >= SILENT_IN_A_LANE:
            reader, writer = held.pop(0)
            await reader.read()
            writer.transport.abort()


KINDS: dict[str, Callable[[Target], Awaitable[None]]] = {
    "posts": posts,
    "connections": connections,
    "sign-ins": sign_ins,
    "joins": joins,
    "searches": searches,
    "frames": frames,
    "silence": silence,
}

"""The kinds of floods. Each repeats one action without a pause until its connection ends."""

import asyncio
import itertools
import os
import random
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import msgspec

from benchmarks import websocket
from chat import protocol

ADDRESS = "127.0.0.2"  # differs from that of the other clients
HOST = "127.0.0.1"
SILENT_IN_A_LANE = 250
SOCKETS_IN_A_LANE = 2
# Bytes that a flood of small frames writes at once. The smallest frames have 6 bytes, the mask included.
FRAMES_AT_ONCE = 2000
PINGS = websocket.client_frame(websocket.PING, b"") * FRAMES_AT_ONCE
FIRST_PART = b"\x01\x80" + bytes(4)
EMPTY_PARTS = (b"\x00\x80" + bytes(4)) * FRAMES_AT_ONCE
# With eight lanes: sixty-four people who sign in at the same moment, and forty who download at the same time.
SIGNING_IN_IN_A_LANE = 8
DOWNLOADS_IN_A_LANE = 5
# Requests in one write, as short as they can be.
PIPELINED = 1000
SHORT_REQUEST = f"GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
# The buffer of a client that reads nothing: it has room for the head of the answer.
UNREAD_BYTES = 4096
CSRF_TOKEN = "x" * 32
REFUSALS = (b"429", b"503")
BODY_OF_A_LARGE_FRAME = "x" * (protocol.MAX_FRAME_IN_BYTES - 200)

# The variable that passes `--once` to the flooder's process.
ONCE = "FLOOD_ONCE"
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Target:
    """The site, and the flooder's credentials: a token, or the cookie of a person with much data. `counts` has what
    was `tried`, and what was `refused` for being too much; `begun` is set by the first."""

    port: int
    room: str
    token: str
    cookie: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    once: bool = field(default_factory=lambda: ONCE in os.environ)

    async def rest(self) -> None:
        """Give way to the others, or with `--once` wait for the end: a client that was refused does not come back."""
        await (asyncio.Event().wait() if self.once else asyncio.sleep(0))

    async def connect(self, address: str = ADDRESS) -> Stream:
        return await asyncio.open_connection(HOST, self.port, local_addr=(address, 0))

    async def connect_without_reading(self) -> Stream:
        """A connection whose receive buffer is small and whose reader takes no more than the head of an answer."""
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UNREAD_BYTES)
        line.bind((ADDRESS, 0))
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, (HOST, self.port))
        return await asyncio.open_connection(sock=line, limit=UNREAD_BYTES)

    async def enter(self) -> Stream:
        """A WebSocket in the room, or about to be turned away from it."""
        reader, writer = await self.connect()
        headers = {"Authorization": f"Bearer {self.token}", "Sec-WebSocket-Protocol": protocol.SUBPROTOCOL}
        writer.write(websocket.handshake(HOST, f"/ws/chat/{self.room}/", websocket.new_key(), headers))
        await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    def tried(self, was_refused: bool = False, times: int = 1) -> None:
        self.begun.set()
        self.counts["tried"] += times
        self.counts["refused"] += was_refused


# ---- On a WebSocket


async def posts(target: Target) -> None:
    await _send(target, _posts())


async def frames(target: Target) -> None:
    """The largest that are read at all, with a body that is too long."""
    await _send(target, itertools.repeat(_frame(BODY_OF_A_LARGE_FRAME)))


async def connections(target: Target) -> None:
    """Connect, read the first frame and disconnect."""
    while True:
        reader, writer = await target.enter()
        target.tried(b"rate_limited" in await reader.read(4096))
        writer.transport.abort()


async def pings(target: Target) -> None:
    await _send_blocks(target, b"", PINGS)


async def continuations(target: Target) -> None:
    """Send one text message in endless empty fragments."""
    await _send_blocks(target, FIRST_PART, EMPTY_PARTS)


async def _send_blocks(target: Target, first: bytes, block: bytes) -> None:
    """Many small frames in each write, on several sockets at once."""

    async def flood() -> None:
        reader, writer = await target.enter()
        writer.write(first)
        await _pour(target, (reader, writer), itertools.repeat(block), FRAMES_AT_ONCE)

    await asyncio.gather(*(flood() for _ in range(SOCKETS_IN_A_LANE)), return_exceptions=True)


def _posts() -> Iterator[bytes]:
    for number in itertools.count():
        yield _frame(f"flood {number}")


def _frame(body: str) -> bytes:
    return websocket.client_frame(websocket.TEXT, protocol.Post(client_id=uuid4(), body=body).encode().encode())


async def _send(target: Target, frames: Iterator[bytes]) -> None:
    await _pour(target, await target.enter(), frames)


async def _pour(target: Target, stream: Stream, pieces: Iterator[bytes], tried_in_each: int = 1) -> None:
    """Send as fast as the server reads, and read its answers."""
    reader, writer = stream
    reading = asyncio.create_task(_read(target, reader))
    try:
        while not reading.done():
            writer.write(next(pieces))
            target.tried(times=tried_in_each)
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


async def sign_ins_at_once(target: Target) -> None:
    """Wrong passwords from ever new addresses for ever new names, so that no limit but that of the process holds."""
    async with asyncio.TaskGroup() as group:
        for _ in range(SIGNING_IN_IN_A_LANE):
            group.create_task(_sign_in_again_and_again(target))


async def _sign_in_again_and_again(target: Target) -> None:
    while True:
        address = ".".join(["127", *(str(random.randint(2, 250)) for _ in range(3))])
        reader, writer = await target.connect(address)
        writer.write(_request(target, "/api/token/", {"username": uuid4().hex[:20], "password": "wrong"}))
        head = await reader.readuntil(b"\r\n\r\n")
        target.tried(head.split()[1] in REFUSALS)
        writer.transport.abort()
        await target.rest()


async def pipelined(target: Target) -> None:
    """Requests one behind the other on a connection, as fast as the server takes them in. Answers are read."""
    await _pour(target, await target.connect(), itertools.repeat(SHORT_REQUEST * PIPELINED), PIPELINED)


async def downloads(target: Target) -> None:
    """Request a person's whole data again and again, and read none of it."""
    async with asyncio.TaskGroup() as group:
        for _ in range(DOWNLOADS_IN_A_LANE):
            group.create_task(_download_without_reading(target))


async def _download_without_reading(target: Target) -> None:
    while True:
        reader, writer = await target.connect_without_reading()
        cookies = f"Cookie: {target.cookie}; csrftoken={CSRF_TOKEN}\r\nX-CSRFToken: {CSRF_TOKEN}"
        head = f"POST /accounts/data/ HTTP/1.1\r\nHost: {HOST}\r\n{cookies}\r\nContent-Length: 0\r\n\r\n"
        writer.write(head.encode())
        status = (await reader.readuntil(b"\r\n")).split()[1]
        target.tried(status in REFUSALS)
        if status == b"200":
            await asyncio.Event().wait()
        writer.transport.abort()
        await target.rest()


async def _ask(target: Target, path: str, bodies: Iterator[dict[str, str] | None]) -> None:
    reader, writer = await target.connect()
    for fields in bodies:
        writer.write(_request(target, path, fields))
        head = await reader.readuntil(b"\r\n\r\n")
        [length] = [line.split()[1] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
        await reader.readexactly(int(length))
        target.tried(head.split()[1] in REFUSALS)


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
    "sign-ins-at-once": sign_ins_at_once,
    "pipelined": pipelined,
    "downloads": downloads,
    "joins": joins,
    "searches": searches,
    "frames": frames,
    "silence": silence,
    "pings": pings,
    "continuations": continuations,
}

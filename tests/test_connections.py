"""Connections as this site has uvicorn keep them: they send at once, and end in any case."""

import asyncio
import contextlib
import socket

import pytest
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from chatsite import websocket
from chatsite.http import Http, send_at_once
from chatsite.websocket import MAX_GATHERED_BYTES, WebSocket

PATIENCE_SECONDS = 20
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.fixture
async def serve():
    """`await serve(application)`: where it listens, and the connections it has. As by several workers: the socket is
    made before and given to the server."""
    listeners = []

    async def start(application, protocol=WebSocket):
        config, state = Config(application), ServerState()
        config.load()
        loop = asyncio.get_running_loop()
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        listener = await loop.create_server(lambda: protocol(config, state, {}), sock=bound)
        listeners.append(listener)
        return listener.sockets[0].getsockname()[1], state.connections

    yield start
    for listener in listeners:
        listener.close()


class TooMuch:
    """Sends until the client takes no more, and is then ended from outside, as one that is given up."""

    sent = 0

    async def __call__(self, scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        flooding = asyncio.create_task(self.flood(send))
        before = -1
        while before < self.sent:
            before = self.sent
            for _ in range(100):  # turns of the loop, in which whatever the client took would make room
                await asyncio.sleep(0)
        flooding.cancel()

    async def flood(self, send):
        while True:
            await send({"type": "websocket.send", "text": "x" * 100_000})
            self.sent += 100_000


async def until(condition):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_client_that_reads_nothing_is_cut_off(serve, monkeypatch):
    monkeypatch.setattr(websocket, "LINGER_SECONDS", 0.1)
    application = TooMuch()
    port, connections = await serve(application)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(HANDSHAKE)
        await until(lambda: application.sent)
        await until(lambda: not connections)
        client.settimeout(PATIENCE_SECONDS)
        assert len(await asyncio.to_thread(read_all, client)) < application.sent


def read_all(client):
    chunks = []
    try:
        while chunk := client.recv(1_000_000):
            chunks.append(chunk)
    except ConnectionResetError:
        pass
    return b"".join(chunks)


async def test_a_client_that_reads_hears_everything_and_the_end(serve, monkeypatch):
    monkeypatch.setattr(websocket, "LINGER_SECONDS", 0.5)

    async def application(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(20):
            await send({"type": "websocket.send", "text": "x" * 100_000})
        await send({"type": "websocket.close", "code": 4408})

    port, connections = await serve(application)
    heard = []
    async with connect(f"ws://127.0.0.1:{port}") as client:
        with contextlib.suppress(ConnectionClosed):
            while True:
                heard.append(await client.recv())
    assert (len(heard), client.close_code) == (20, 4408)
    await until(lambda: not connections)


@pytest.mark.parametrize(("length", "code"), [(MAX_GATHERED_BYTES, 1000), (MAX_GATHERED_BYTES + 1, 1009)])
async def test_a_frame_far_above_the_limit_is_not_gathered(serve, length, code):
    heard = []

    async def application(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        heard.append(await receive())
        await send({"type": "websocket.close", "code": 1000})

    port, _ = await serve(application)
    async with connect(f"ws://127.0.0.1:{port}", compression="deflate") as client:
        with contextlib.suppress(ConnectionClosed):
            await client.send("x" * length)
            await client.recv()
    assert client.close_code == code
    assert [len(event.get("text", "")) for event in heard] == [length if code == 1000 else 0]


@pytest.mark.parametrize("protocol", [Http, WebSocket])
async def test_what_is_small_waits_for_no_acknowledgement(serve, protocol):
    port, connections = await serve(None, protocol)
    with socket.create_connection(("127.0.0.1", port)):
        await until(lambda: connections)
        [connection] = connections
        kept = connection.transport.get_extra_info("socket")
        assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await until(lambda: not connections)


async def test_a_unix_socket_has_nothing_to_switch_off(tmp_path):
    one, other = socket.socketpair()
    with one, other:
        _, writer = await asyncio.open_connection(sock=one)
        send_at_once(writer.transport)
        writer.close()

"""uvicorn's connections as this site adapts them: they send at once, and end in any case."""

import asyncio
import contextlib
import socket

import pytest
from twisted.internet import task
from twisted.internet.testing import StringTransport
from twisted.web.http import HTTPChannel, Request
from uvicorn import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as HandshakeRequest

from benchmarks.websocket import CLOSE, TEXT, client_frame, masked
from chatsite.server import daphne, http, requests, tcp, websocket
from chatsite.server.http import Http
from chatsite.server.tcp import prepare
from chatsite.server.websocket import MAX_GATHERED_BYTES, Framed, WebSocket

PATIENCE_SECONDS = 20
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


@pytest.fixture
async def serve():
    """Return `await serve(application)`: its port and its connections. The socket is created first, as for several
    workers."""
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
    """An application that sends until the client reads no more, and is then cancelled."""

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


async def test_reading_client_gets_everything_and_the_end(serve, monkeypatch):
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
async def test_frame_far_above_the_limit_is_not_buffered(serve, length, code):
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


class Patient(WebSocket):
    """A connection at the server that waits up to an hour for the client's close frame."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.close_timeout = 3600.0


async def say_goodbye(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4429})


async def test_a_client_that_floods_on_after_the_bye_is_cut_off(serve, monkeypatch):
    monkeypatch.setattr(websocket, "LINGER_SECONDS", 3600)
    port, connections = await serve(say_goodbye, Patient)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")

    def is_over():
        writer.write(client_frame(TEXT, b"x" * 1000) * 100)
        return writer.transport.is_closing()

    await until(is_over)
    await until(lambda: not connections)


async def close_and_hear_it(serve, monkeypatch):
    """Close the socket. Return a client that has got the close frame, and the server's connections."""
    monkeypatch.setattr(websocket, "LINGER_SECONDS", 3600)
    port, connections = await serve(say_goodbye, Patient)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(4) == bytes([0x80 | CLOSE, 2]) + (4429).to_bytes(2, "big")
    return reader, writer, connections


async def test_frames_on_their_way_when_the_server_closes_are_passed_over(serve, monkeypatch):
    reader, writer, connections = await close_and_hear_it(serve, monkeypatch)
    writer.write(client_frame(TEXT, b"x" * 100) * 10)
    writer.write(client_frame(CLOSE, (4429).to_bytes(2, "big")))
    assert await reader.read() == b""
    await until(lambda: not connections)


async def test_many_frames_after_the_close_frame_are_dropped_unparsed(serve, monkeypatch):
    parsed = []
    receive = WebSocketsSansIOProtocol.data_received
    counted = lambda self, data: (parsed.append(len(data)), receive(self, data))  # noqa: E731
    monkeypatch.setattr(WebSocketsSansIOProtocol, "data_received", counted)
    reader, writer, connections = await close_and_hear_it(serve, monkeypatch)
    writer.write(client_frame(TEXT, b"x") * 10_000)
    assert await reader.read() == b"", "the client is told that nothing follows"
    writer.close()
    await until(lambda: not connections)
    assert sum(parsed) <= websocket.CLOSE_FRAME_BYTES


@pytest.mark.parametrize("protocol", [Http, WebSocket])
async def test_small_writes_wait_for_no_acknowledgement(serve, protocol):
    port, connections = await serve(None, protocol)
    with socket.create_connection(("127.0.0.1", port)):
        await until(lambda: connections)
        [connection] = connections
        kept = connection.transport.get_extra_info("socket")
        assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await until(lambda: not connections)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system has no such option")
@pytest.mark.parametrize("protocol", [Http, WebSocket])
async def test_tcp_user_timeout_is_set_on_connections(serve, protocol):
    port, connections = await serve(None, protocol)
    with socket.create_connection(("127.0.0.1", port)):
        await until(lambda: connections)
        [connection] = connections
        kept = connection.transport.get_extra_info("socket")
        assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000
    await until(lambda: not connections)


async def test_a_unix_socket_has_nothing_to_switch_off(tmp_path):
    one, other = socket.socketpair()
    with one, other:
        _, writer = await asyncio.open_connection(sock=one)
        prepare(writer.transport)
        writer.close()


class Teller:
    """An application that tries to send texts at once, and notes which were accepted."""

    def __init__(self):
        self.taken, self.tellers = [], []

    async def __call__(self, scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        self.tellers.append(scope["extensions"]["chat.try_send"])
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self.taken.append(self.tellers[0]("too late"))

    def tell(self, text):
        return [tell(text) for tell in self.tellers]


@pytest.mark.parametrize("compression", ["deflate", None])
async def test_try_send_delivers_like_any_other_send(serve, compression):
    application = Teller()
    port, _ = await serve(application)
    address = f"ws://127.0.0.1:{port}/"
    async with connect(address, compression=compression) as first, connect(address, compression=compression) as second:
        await until(lambda: len(application.tellers) == 2)
        for text in ("héllo " * 500, "again", "again"):
            assert application.tell(text) == [True, True]
            async with asyncio.timeout(PATIENCE_SECONDS):
                assert [await first.recv(), await second.recv()] == [text, text]


async def test_try_send_fails_for_a_client_that_is_gone_or_reads_nothing(serve):
    application = Teller()
    port, _ = await serve(application)
    async with connect(f"ws://127.0.0.1:{port}/"):
        await until(lambda: application.tellers)
    await until(lambda: application.taken)
    assert application.taken == [False]
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(HANDSHAKE)
        await until(lambda: len(application.tellers) == 2)
        for _ in range(1000):
            if not application.tellers[1]("x" * 100_000):
                return
    pytest.fail("100 MB were taken for a client that reads nothing")


def test_a_frame_for_many_is_compressed_once_for_each_form():
    framed, compressed = Framed(), []

    class Counting(PerMessageDeflate):
        def encode(self, frame):
            compressed.append(frame)
            return super().encode(frame)

    def form(bits):
        return [Counting(True, True, bits, bits)]

    first = framed.bytes_of("hello", form(15))
    assert framed.bytes_of("hello", form(15)) is first
    assert framed.bytes_of("hello", form(9)) is not first
    assert framed.bytes_of("hello", []) == b"\x81\x05hello"
    assert len(compressed) == 2


class Listener:
    """An application that receives some frames as they are read, and the rest as messages."""

    def __init__(self):
        self.heard, self.is_listening = [], asyncio.Event()

    async def __call__(self, scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        scope["extensions"]["chat.on_text"](self.heard.append)
        self.is_listening.set()
        while (event := await receive())["type"] == "websocket.receive":
            self.heard.append(event.get("text") or event["bytes"])


CONVERSATION = [
    (client_frame(TEXT, b"one"), ["one"]),
    (client_frame(TEXT, b"x" * 200) + client_frame(TEXT, "zwölf".encode()), ["x" * 200, "zwölf"]),
    (Frame(Opcode.TEXT, b"in ", fin=False).serialize(mask=True), []),
    (Frame(Opcode.PING, b"?").serialize(mask=True), []),
    (Frame(Opcode.CONT, b"parts").serialize(mask=True), ["in parts"]),
    (Frame(Opcode.BINARY, b"bytes").serialize(mask=True), [b"bytes"]),
    (client_frame(TEXT, b"last"), ["last"]),
]


@pytest.fixture
async def spoken(serve):
    """Return a listener, its connection at the server, and both ends of a client."""
    application = Listener()
    port, connections = await serve(application, Http)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    await application.is_listening.wait()
    [connection] = connections
    yield application, connection, reader, writer
    writer.close()


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
async def test_frames_arrive_in_order_for_any_split_into_reads(spoken, size):
    application, connection, _, _ = spoken
    data = b"".join(frames for frames, _ in CONVERSATION)
    for start in range(0, len(data), size):
        connection.data_received(data[start : start + size])
    expected = [text for _, texts in CONVERSATION for text in texts]
    await until(lambda: len(application.heard) == len(expected))
    assert application.heard == expected


async def test_bytes_inside_a_frame_are_not_taken_for_a_frame(spoken):
    application, connection, _, _ = spoken
    inner = b"\x81\x85" + b"\x01\x01\xc1\xc5" + masked(b"hello", b"\x01\x01\xc1\xc5")
    mask = b"\xc0\xc4\0\0"
    connection.data_received(b"\x81" + bytes([0x80 + len(inner)]) + mask)
    connection.data_received(inner)
    assert application.heard == [masked(inner, mask).decode()]


async def test_a_text_between_the_parts_of_another_ends_the_connection(spoken):
    application, connection, reader, _ = spoken
    connection.data_received(Frame(Opcode.TEXT, b"in ", fin=False).serialize(mask=True))
    connection.data_received(client_frame(TEXT, b"between"))
    assert (await reader.readexactly(4))[2:] == (1002).to_bytes(2, "big")
    assert application.heard == []


async def test_the_library_is_not_asked_for_texts_that_are_whole_also_after_other_frames(spoken, monkeypatch):
    application, connection, _, _ = spoken
    ping = Frame(Opcode.PING, b"?").serialize(mask=True)
    parts = Frame(Opcode.TEXT, b"o", fin=False).serialize(mask=True), Frame(Opcode.CONT, b"ne").serialize(mask=True)
    connection.data_received(ping + b"".join(parts))
    asked = []
    monkeypatch.setattr(connection.conn, "receive_data", asked.append)
    connection.data_received(client_frame(TEXT, b"two") + client_frame(TEXT, b"three"))
    assert (application.heard, asked) == (["one", "two", "three"], [])


async def test_no_frame_is_read_after_the_sites_bye(spoken):
    application, connection, _, _ = spoken
    await connection.send({"type": "websocket.close", "code": 4429})
    connection.data_received(client_frame(TEXT, b"but"))
    assert application.heard == []


async def test_no_frame_is_read_after_a_clients_close(spoken):
    application, _, reader, writer = spoken
    goodbye = client_frame(CLOSE, (1000).to_bytes(2, "big"))
    writer.write(client_frame(TEXT, b"before") + goodbye + client_frame(TEXT, b"after"))
    assert await reader.read() == bytes([0x80 | CLOSE, 2]) + (1000).to_bytes(2, "big")
    assert application.heard == ["before"]


# ---- Slow and missing requests


class Echo:
    """An application that reads a request, waits until it may answer, and returns the length of the body. `read` is the
    length so far."""

    def __init__(self):
        self.may_answer, self.read = asyncio.Event(), 0
        self.may_answer.set()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await receive()
            return
        while (event := await receive())["type"] == "http.request":
            self.read += len(event["body"])
            if not event["more_body"]:
                await self.may_answer.wait()
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
                await send({"type": "http.response.body"})
                return


GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"


@pytest.mark.parametrize(
    "beginning", [GET[:-2], HANDSHAKE[:-2], POST % 1_000_000, GET + GET[:-2]], ids=["head", "handshake", "body", "next"]
)
async def test_a_request_that_trickles_in_is_not_waited_for(serve, monkeypatch, beginning):
    monkeypatch.setattr(http, "REQUEST_SECONDS", 0.1)
    port, _ = await serve(Echo(), Http)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)

    def is_over():
        writer.write(b"X")
        return writer.transport.is_closing()

    await until(is_over)


async def test_a_request_that_is_here_and_a_socket_last_as_long_as_they_need(serve):
    made = []

    class Watched(Http):
        def connection_made(self, transport):
            super().connection_made(transport)
            made.append(self)

    application = Echo()
    application.may_answer.clear()
    port, _ = await serve(application, Watched)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST % 4 + b"body")
    await until(lambda: application.read)
    async with connect(f"ws://127.0.0.1:{port}"):
        _, silent = await asyncio.open_connection("127.0.0.1", port)
        await until(lambda: len(made) == 3)
        assert [connection._deadline is None for connection in made] == [True, True, False]
    application.may_answer.set()
    assert b"200 OK" in await reader.readuntil(b"\r\n")
    writer.close()
    silent.close()


@pytest.mark.parametrize(
    ("changed", "to", "answer"),
    [
        (b"GET", b"GET", b"101 Switching Protocols"),
        (b"GET", b"PUT", b"405 Method Not Allowed"),
        (b"HTTP/1.1", b"HTTP/1.0", b"505 HTTP Version Not Supported"),
        (b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 12", b"400 Bad Request"),
        (b"Key: AAAA", b"Key: ?AAA", b"400 Bad Request"),
        (b"Host: localhost", b"Host: localhost\r\nX-Name: caf\xe9", b"101 Switching Protocols"),
        (b"Host: localhost", b"Host: localhost\r\nX Name: a", b"400 Bad Request"),
    ],
)
async def test_handshake_is_parsed_once_and_still_validated(serve, monkeypatch, changed, to, answer):
    def parse(*_):
        yield
        raise AssertionError("It was parsed already.")

    monkeypatch.setattr(HandshakeRequest, "parse", parse)
    port, _ = await serve(Echo(), Http)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE.replace(changed, to, 1))
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert answer in await reader.readuntil(b"\r\n")
    writer.close()


async def test_each_request_of_a_connection_gets_the_full_time(serve, monkeypatch):
    monkeypatch.setattr(http, "REQUEST_SECONDS", 3600)
    port, connections = await serve(Echo(), Http)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(POST % 3 + b"abc")
        await reader.readuntil(b"\r\n\r\n")
        [connection] = connections
        assert (connection._deadline, connection._received) == (None, 0)
    writer.write(GET[:-2])
    await until(lambda: connection._deadline is not None)
    deadline, received = connection._deadline, connection._received
    writer.write(b"X")
    await until(lambda: connection._received > received)
    assert connection._deadline is deadline
    writer.close()
    await until(lambda: not connections)


async def test_client_that_sends_too_much_still_gets_its_answer(serve):
    """A socket that is closed with unread data is reset, and the answer in it lost."""
    application = Echo()
    port, connections = await serve(application, Http)

    def ask():
        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as client:
            client.sendall(POST % 4_000_000 + bytes(4_000_000))
            return read_all(client)

    assert b"413 Content Too Large" in await asyncio.to_thread(ask)
    assert application.read == 0
    await until(lambda: not connections)


async def test_client_that_keeps_sending_is_disconnected_after_a_while(serve, monkeypatch):
    monkeypatch.setattr(requests, "LINGER_SECONDS", 0.1)
    port, connections = await serve(Echo(), Http)
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(POST % 4_000_000)
    await until(lambda: connections)
    await until(lambda: not connections)
    writer.close()


class Twisted:
    """A channel of Daphne, with a clock that the test controls."""

    def __init__(self):
        self.clock, self.transport = task.Clock(), StringTransport()
        self.channel = HTTPChannel()
        self.channel.callLater, self.channel.timeOut = self.clock.callLater, 60
        self.channel.requestFactory = Request
        self.channel.makeConnection(self.transport)

    def hears(self, data, seconds):
        """Send a byte per second."""
        for byte in data[:seconds].ljust(seconds, b"X"):
            self.channel.dataReceived(bytes([byte]))
            self.clock.advance(1)


@pytest.fixture
def mended(monkeypatch):
    monkeypatch.setattr(HTTPChannel, "resetTimeout", HTTPChannel.resetTimeout)
    daphne.end_slow_requests()


def test_daphne_gives_a_slow_request_one_minute(mended):
    slow, fast = Twisted(), Twisted()
    slow.hears(POST % 1000, seconds=59)
    assert not slow.transport.disconnecting
    slow.hears(b"", seconds=1)
    assert slow.transport.disconnecting
    fast.hears(GET, seconds=len(GET))
    fast.clock.advance(600)
    assert not fast.transport.disconnecting, "it is being answered"


async def test_a_flooding_client_is_read_a_little_at_a_time(serve, monkeypatch):
    monkeypatch.setattr(tcp, "READ_BYTES", 1000)
    waiting = []

    async def application(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            waiting.append(next(iter(connections)).queue.qsize())
            if event["text"] == "last":
                await send({"type": "websocket.close"})

    port, connections = await serve(application)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(client_frame(TEXT, b"x" * 94) * 500 + client_frame(TEXT, b"last"))  # 100 bytes each
    await until(lambda: len(waiting) == 501)
    assert max(waiting) <= 10
    writer.close()

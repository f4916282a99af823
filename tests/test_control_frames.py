"""Control frames and fragments are counted as they are read, under uvicorn and under Daphne."""

import asyncio
import struct

import pytest
from daphne.server import Server
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.testing import StringTransport
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from benchmarks.websocket import CLOSE, TEXT, client_frame
from chatsite.server import daphne
from chatsite.server.control_frames import EARLY_FRAMES
from chatsite.server.websocket import WebSocket

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
PATIENCE_SECONDS = 2
PONGS = b"\x8a\x01?"
CLOSED_FOR_IT = bytes([0x80 | CLOSE])
POLICY_VIOLATION = struct.pack("!H", 1008)


def frame(opcode, data=b"", fin=True):
    return Frame(opcode, data, fin).serialize(mask=True)


PING, PONG = frame(Opcode.PING, b"?"), frame(Opcode.PONG, b"?")
FIRST_PART, PART = frame(Opcode.TEXT, b"a", fin=False), frame(Opcode.CONT, b"b", fin=False)
EMPTY_PART, LAST_PART = frame(Opcode.CONT, fin=False), frame(Opcode.CONT, b"c")
WHOLE = client_frame(TEXT, b"whole")


class Limit:
    """A limit that allows this many frames, and counts the requests."""

    def __init__(self, allowed):
        self.allowed, self.asked = allowed, 0

    def __call__(self):
        self.asked += 1
        return self.asked <= self.allowed


class Connection:
    """A connection with the test as the other side. `site` is the scope's extensions, `heard` the received messages."""

    def __init__(self):
        self.site, self.heard = {}, []

    async def application(self, scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        self.site = scope["extensions"]
        while (event := await receive())["type"] == "websocket.receive":
            self.heard.append(event.get("text"))

    def limit(self, allowed):
        limit = Limit(allowed)
        self.site["chat.count_frames"](limit)
        return limit

    @property
    def is_closed_for_it(self):
        return POLICY_VIOLATION in self.written

    async def open(self):
        self.feed(HANDSHAKE)
        await self.until(lambda: b"101 " in self.written and self.site)

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                await asyncio.sleep(0)


class Transport(asyncio.Transport):
    """A transport that keeps the written bytes."""

    def __init__(self):
        super().__init__()
        self.written, self.is_over = b"", False

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.is_over

    def can_write_eof(self):
        return False

    def close(self):
        self.is_over = True

    abort = close

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


class Uvicorn(Connection):
    def __init__(self):
        super().__init__()
        config = Config(self.application, interface="asgi3", ws_ping_interval=None)
        config.load()
        self.transport = Transport()
        self.protocol = WebSocket(config, ServerState(), {})
        self.protocol.connection_made(self.transport)
        self.feed = self.protocol.data_received

    @property
    def written(self):
        return self.transport.written

    @property
    def parts(self):
        return self.protocol.frames

    def send_ping(self, payload):
        self.protocol.pending_ping_payload = payload


class Served(Server):
    """Daphne's server, which does not listen."""

    root_path, proxy_forwarded_address_header = "", None

    def __init__(self, application):
        self.application, self.connections = application, {}

    def protocol_connected(self, protocol):
        self.connections[protocol] = {}

    def handle_reply(self, protocol, message):
        protocol.handle_reply(message)

        async def done():
            pass

        return done()

    def log_action(self, *arguments):
        pass


class Daphne(Connection):
    def __init__(self):
        super().__init__()
        self.transport = StringTransport()
        self.transport.unregisterProducer = lambda: None
        factory = WebSocketFactory(Served(self.application))
        self.protocol = factory.buildProtocol(None)
        self.protocol._raw_query_string = b""
        self.protocol.makeConnection(self.transport)
        self.feed = self.protocol.dataReceived

    @property
    def written(self):
        return self.transport.value()

    @property
    def parts(self):
        return self.protocol.message_data

    def send_ping(self, payload):
        self.protocol.autoPingPending = payload


@pytest.fixture(params=[Uvicorn, Daphne])
async def connection(request):
    daphne.patch()
    made = request.param()
    await made.open()
    return made


async def test_one_read_holds_no_more_control_frames_than_the_limit(connection):
    limit = connection.limit(10)
    connection.feed(PING * 2000)
    assert (limit.asked, connection.written.count(PONGS), connection.is_closed_for_it) == (11, 10, True)
    connection.feed(PING * 2000)
    assert limit.asked == 11


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (PING, 1),
        (PONG, 1),
        (FIRST_PART + PART + EMPTY_PART + LAST_PART, 4),
        (WHOLE, 0),
        (client_frame(TEXT, b""), 0),
        (frame(Opcode.BINARY, b"bytes"), 0),
        (client_frame(CLOSE, struct.pack("!H", 1000)), 0),
    ],
    ids=["ping", "pong", "parts", "text", "empty text", "bytes", "close"],
)
async def test_control_frames_and_fragments_are_counted(connection, data, number):
    limit = connection.limit(100)
    connection.feed(data)
    assert (limit.asked, connection.is_closed_for_it) == (number, False)


async def test_a_pong_that_was_asked_for_counts_only_when_it_is_repeated(connection):
    limit, payload = connection.limit(100), bytes(12)
    connection.send_ping(payload)
    connection.feed(frame(Opcode.PONG, payload) + frame(Opcode.PONG, payload))
    assert limit.asked == 1


async def test_a_connection_has_a_few_control_frames_before_the_person_is_known_and_they_are_charged(connection):
    connection.feed(PING * EARLY_FRAMES)
    assert (connection.limit(100).asked, connection.is_closed_for_it) == (EARLY_FRAMES, False)


async def test_a_connection_is_closed_for_more_before_the_person_is_known(connection):
    connection.feed(PING * (EARLY_FRAMES + 1))
    assert connection.is_closed_for_it


async def test_a_connection_is_closed_when_the_person_has_no_control_frames_left(connection):
    connection.feed(PING)
    connection.limit(0)
    assert connection.is_closed_for_it


async def test_a_limit_that_is_off_leaves_connections_open(connection, settings):
    settings.CHAT_FRAMES_PER_SECOND = 0
    connection.feed(PING * 1000)
    assert not connection.is_closed_for_it


async def test_fragmented_message_is_received_and_empty_fragments_are_not_kept(connection):
    connection.limit(10_000)
    connection.feed(FIRST_PART + EMPTY_PART * 5000 + PART)
    assert len(connection.parts) == 2
    connection.feed(LAST_PART + WHOLE)
    await connection.until(lambda: len(connection.heard) == 2)
    assert connection.heard == ["abc", "whole"]

"""The load generator's WebSockets and its connections, which must not misread a frame."""

from uuid import UUID

import msgspec
import pytest

from benchmarks import websocket
from benchmarks.load.connection import ACK_MESSAGES, Connection
from benchmarks.load.decoder import SharedDecoder
from benchmarks.load.dialect import Visitor, body_of
from benchmarks.load.dialects import Site
from chat import protocol

SHORT, MEDIUM, LONG = b"hello", b"m" * 300, b"l" * 70_000


def server_frame(opcode: int, payload: bytes, *, last: bool = True) -> bytes:
    length = len(payload)
    if length < 126:
        size = bytes([length])
    elif length < 65536:
        size = bytes([126]) + length.to_bytes(2, "big")
    else:
        size = bytes([127]) + length.to_bytes(8, "big")
    return bytes([(0x80 if last else 0) | opcode]) + size + payload


# ---- Frames


def test_frames_are_read_wherever_the_stream_is_cut():
    stream = server_frame(1, MEDIUM) + server_frame(1, SHORT)
    for cut in range(len(stream) + 1):
        reader = websocket.FrameReader()
        assert reader.feed(stream[:cut]) + reader.feed(stream[cut:]) == [(1, MEDIUM), (1, SHORT)], cut


def test_frames_of_every_length_are_read_byte_by_byte():
    stream = b"".join(server_frame(1, payload) for payload in (b"", SHORT, MEDIUM, LONG))
    reader = websocket.FrameReader()
    read = [message for at in range(len(stream)) for message in reader.feed(stream[at : at + 1])]
    assert read == [(1, b""), (1, SHORT), (1, MEDIUM), (1, LONG)]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65535, 65536])
def test_lengths_at_the_edges_of_their_encodings(length):
    assert websocket.FrameReader().feed(server_frame(1, b"x" * length)) == [(1, b"x" * length)]


def test_fragments_are_put_together_around_a_ping():
    fragments = [
        server_frame(websocket.TEXT, LONG, last=False),
        server_frame(websocket.PING, b"?"),
        server_frame(websocket.CONTINUATION, MEDIUM, last=False),
        server_frame(websocket.CONTINUATION, SHORT),
        server_frame(websocket.TEXT, b"next"),
    ]
    read = websocket.FrameReader().feed(b"".join(fragments))
    assert read == [(websocket.PING, b"?"), (websocket.TEXT, LONG + MEDIUM + SHORT), (websocket.TEXT, b"next")]


@pytest.mark.parametrize(
    "stream",
    [
        server_frame(0x41, SHORT),  # compressed, which was not agreed on
        bytes([0x81, 0x85]) + b"mask" + SHORT,  # masked, which only clients are
        server_frame(websocket.CONTINUATION, SHORT),
        server_frame(websocket.TEXT, SHORT, last=False) + server_frame(websocket.TEXT, SHORT),
    ],
)
def test_what_no_server_may_send_is_refused(stream):
    with pytest.raises(websocket.WebSocketError):
        websocket.FrameReader().feed(stream)


@pytest.mark.parametrize("payload", [b"", SHORT, MEDIUM, LONG])
def test_client_frames_say_their_length_and_are_masked(payload):
    frame = websocket.client_frame(websocket.TEXT, payload)
    header, mask, body = frame[: -len(payload) - 4], frame[-len(payload) - 4 :][:4], frame[len(frame) - len(payload) :]
    assert header[1] & 0x80
    assert websocket.masked(body, mask) == payload
    unmasked = bytes([header[0], header[1] & 0x7F]) + header[2:] + payload
    assert websocket.FrameReader().feed(unmasked) == [(websocket.TEXT, payload)]


def test_the_accept_header_is_that_of_the_rfc():
    assert websocket.accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    "answer",
    [
        f"HTTP/1.1 403 No\r\nSec-WebSocket-Accept: {websocket.accept_of('key')}\r\nSec-WebSocket-Protocol: chat.v1",
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: wrong\r\nSec-WebSocket-Protocol: chat.v1",
        f"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {websocket.accept_of('key')}",
    ],
)
def test_another_answer_than_asked_for_ends_the_handshake(answer):
    with pytest.raises(websocket.WebSocketError):
        websocket.check_handshake(answer.encode(), "key", "chat.v1")


# ---- Connections


def row(number, body=None):
    """A message as the site sends it; the fields that are not compared are left out."""
    return {
        "seq": number + 1,
        "rev": number + 1,
        "client_id": str(UUID(int=number, version=4)),
        "author": {"id": 1, "name": "ada"},
        "body": body_of(number) if body is None else body,
    }


def changes(*rows):
    messages = [msgspec.Raw(msgspec.json.encode(row)) for row in rows]
    return protocol.Changes(cursor=f"e.1.{rows[-1]['rev']}", messages=messages).encode().encode()


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.frames = []

    def write(self, data):
        self.frames.append(data)


class Listener:
    def __init__(self):
        self.entered_at, self.steps = [], []

    def entered(self, connection):
        self.entered_at.append(connection.cursor)

    def advanced(self, connection, before, after):
        self.steps.append((before, after))


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def connection(listener):
    connection = Connection(listener, SharedDecoder(Site()), Visitor("lobby", "secret"))
    connection.connection_made(Wire())
    connection._transport.frames.clear()
    answer = (
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: chat.v1\r\n"
        f"Sec-WebSocket-Accept: {websocket.accept_of(connection._key)}\r\n\r\n"
    )
    receive(connection, answer.encode())
    return connection


def receive(connection, data):
    connection.get_buffer(len(data))[: len(data)] = data
    connection.buffer_updated(len(data))


def receive_rows(connection, *numbers):
    receive(connection, server_frame(websocket.TEXT, changes(*map(row, numbers))))


def test_messages_are_kept_in_the_order_of_arrival(connection, listener):
    receive(connection, b"".join(server_frame(websocket.TEXT, changes(row(number))) for number in (2, 1)))
    receive_rows(connection, 3)
    assert [decoded.posts for decoded in connection.log] == [(2, 1), (3,)]
    assert (listener.steps, connection.posts, connection.cursor) == ([(0, 2), (2, 3)], 3, "e.1.4")


def test_a_hello_admits_with_its_cursor(connection, listener):
    hello = {"type": "hello", "people": [{"id": 1}], "cursor": "e.1.7"}
    receive(connection, server_frame(websocket.TEXT, msgspec.json.encode(hello)))
    assert listener.entered_at == ["e.1.7"]


def test_changes_with_their_fields_in_another_order_are_changes(connection):
    fields = msgspec.json.decode(changes(row(2)))
    receive(connection, server_frame(websocket.TEXT, msgspec.json.encode(dict(reversed(fields.items())))))
    assert connection.log[0].posts == (2,)


def test_frames_that_differ_only_in_the_middle_are_told_apart():
    decoder = SharedDecoder(Site())
    one, other = (changes(row(2), dict(row(3), rev=rev), row(4)) for rev in (8, 9))
    assert (len(one), one[:96], one[-96:]) == (len(other), other[:96], other[-96:])
    assert [decoder.frame(frame).rows[1].rev for frame in (one, other)] == [8, 9]


def test_a_connection_acks_after_fifty_messages_and_when_time_has_come(connection):
    frames = connection._transport.frames
    receive_rows(connection, *range(ACK_MESSAGES - 1))
    assert frames == []
    receive_rows(connection, ACK_MESSAGES - 1)
    assert len(frames) == 1
    connection.acknowledge()
    assert len(frames) == 1, "nothing new to ack"
    receive_rows(connection, ACK_MESSAGES)
    connection.acknowledge()
    assert len(frames) == 2


def test_a_ping_is_answered_with_its_payload(connection):
    receive(connection, server_frame(websocket.PING, b"still there?"))
    [pong] = connection._transport.frames
    assert pong[0] == 0x80 | websocket.PONG
    assert websocket.masked(pong[6:], pong[2:6]) == b"still there?"

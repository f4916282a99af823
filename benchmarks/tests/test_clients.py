"""The benchmark's own parts: a load generator that misreads or misses something would praise a broken server."""

import asyncio
import json
import math
import subprocess
import sys
from dataclasses import replace
from uuid import UUID, uuid4

import msgspec
import pytest

from benchmarks import audit, report, websocket
from benchmarks.chunks import Chunk, ChunkReader, Row
from benchmarks.client import ACK_MESSAGES, Client
from benchmarks.posting import BODY_LENGTH, Posting, Sent, body_of
from benchmarks.server import BASE_DIR
from benchmarks.workers import backends
from chat import protocol
from chat.text import cleaning
from tests.processes.servers import cannot_run

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


def row(seq: int, body: str = "hello") -> Row:
    return Row(seq=seq, rev=seq, client_id=UUID(int=seq), author_id=1, body=body)


def changes(*rows: Row) -> bytes:
    messages = [
        protocol.MessageData(
            id=row.seq,
            seq=row.seq,
            rev=row.rev,
            client_id=row.client_id,
            author=protocol.PersonData(row.author_id, "ada", True),
            body=row.body,
            html="",
            created_at="",
            edited_at=None,
            deleted=False,
            reply_to=None,
            reactions=[],
        )
        for row in rows
    ]
    raw = [msgspec.Raw(msgspec.json.encode(message)) for message in messages]
    return protocol.Changes(cursor=f"e.1.{rows[-1].rev}", messages=raw).encode().encode()


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


# ---- Chunks


def test_equal_bytes_are_read_once_and_equal_rows_are_one_object():
    reader = ChunkReader()
    first, again, longer = (reader.read(changes(*rows)) for rows in ([row(2)], [row(2)], [row(2), row(3)]))
    assert first is again
    assert longer.rows == (row(2), row(3))
    assert longer.rows[0] is first.rows[0]


def test_frames_that_differ_only_in_the_middle_are_told_apart():
    reader = ChunkReader()
    one, other = (changes(row(2), row(3, body), row(4)) for body in ("a" * 80, "b" * 80))
    assert (len(one), one[:96], one[-96:]) == (len(other), other[:96], other[-96:])
    assert reader.read(one).rows[1].body != reader.read(other).rows[1].body


# ---- The client


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.frames = []

    def write(self, data):
        self.frames.append(data)


class Listener:
    def __init__(self):
        self.chunks, self.frames = [], []

    def advanced(self, client, chunk):
        self.chunks.append(chunk)

    def received(self, client, frame):
        self.frames.append(frame)

    def closed(self, client, reason):
        self.reason = reason


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
def client(listener):
    client = Client(listener, ChunkReader(), "127.0.0.1", "/ws/chat/lobby/", "secret")
    client.connection_made(Wire())
    client._transport.frames.clear()
    answer = (
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: chat.v1\r\n"
        f"Sec-WebSocket-Accept: {websocket.accept_of(client._key)}\r\n\r\n"
    )
    receive(client, answer.encode())
    return client


def receive(client, data):
    client.get_buffer(len(data))[: len(data)] = data
    client.buffer_updated(len(data))


def test_a_client_keeps_messages_in_the_order_of_arrival(client, listener):
    receive(client, server_frame(websocket.TEXT, changes(row(2))) + server_frame(websocket.TEXT, changes(row(3))))
    assert [chunk.rows for chunk in client.log] == [(row(2),), (row(3),)]
    assert listener.chunks == client.log


def test_changes_with_their_fields_in_another_order_are_changes(client):
    fields = msgspec.json.decode(changes(row(2)))
    receive(client, server_frame(websocket.TEXT, msgspec.json.encode(dict(reversed(fields.items())))))
    assert client.log[0].rows == (row(2),)


def test_client_acks_after_fifty_messages_and_when_time_has_come(client):
    rows = [row(seq) for seq in range(1, ACK_MESSAGES + 2)]
    receive(client, server_frame(websocket.TEXT, changes(*rows[:-2])))
    assert client._transport.frames == []
    receive(client, server_frame(websocket.TEXT, changes(rows[-2])))
    assert len(client._transport.frames) == 1
    client.ack()
    assert len(client._transport.frames) == 1, "nothing new to ack"
    receive(client, server_frame(websocket.TEXT, changes(rows[-1])))
    client.ack()
    assert len(client._transport.frames) == 2


def test_client_answers_a_ping_with_its_payload(client):
    receive(client, server_frame(websocket.PING, b"still there?"))
    [pong] = client._transport.frames
    assert pong[0] == 0x80 | websocket.PONG
    assert websocket.masked(pong[6:], pong[2:6]) == b"still there?"


# ---- Posting


class Poster:
    def __init__(self):
        self.posts = []
        self.again = asyncio.Event()

    def send(self, command):
        if command in self.posts:
            self.again.set()
        self.posts.append(command)


def test_every_answer_lets_its_poster_send_the_next_until_all_are_sent():
    one, other, posting = Poster(), Poster(), Posting()
    posting.start([one, other], total=5, outstanding=2)
    assert [len(one.posts), len(other.posts)] == [2, 2]
    for poster in (one, one, other):
        posting.answered(poster, protocol.Ok(client_id=poster.posts.pop(0).client_id, seq=1, rev=1))
    assert len(one.posts) + len(other.posts) + posting.acked == 5
    assert not posting.is_done


def test_a_second_answer_to_one_post_is_a_failure():
    poster, posting = Poster(), Posting()
    posting.start([poster], total=1, outstanding=1)
    ok = protocol.Ok(client_id=poster.posts[0].client_id, seq=1, rev=1)
    posting.answered(poster, ok)
    assert (posting.is_done, posting.failures) == (True, [])
    posting.answered(poster, ok)
    assert len(posting.failures) == 1


async def test_what_may_be_retried_is_sent_again_under_its_id_and_the_rest_is_a_failure():
    poster, posting = Poster(), Posting()
    posting.start([poster], total=1, outstanding=1)
    [post] = poster.posts
    posting.refused(poster, protocol.Error(ref=post.ref, code=protocol.Code.MUTED, detail="Not now."))
    assert (posting.retries, len(posting.failures)) == (0, 1)
    posting.refused(poster, protocol.Error(ref=post.ref, code=protocol.Code.BUSY, detail="", retry_after=0.0))
    async with asyncio.timeout(10):
        await poster.again.wait()
    assert poster.posts == [post, post]
    assert posting.retries == 1


@pytest.mark.parametrize("number", [0, 7, 1999, 1_000_000])
def test_a_body_is_eighty_characters_that_the_site_stores_as_they_are(number):
    body = body_of(number)
    assert len(body) == BODY_LENGTH
    assert cleaning.clean_text(body) == body
    assert body != body_of(number + 1)


# ---- The audit

ROWS = [row(2), row(3), row(4)]


def log(*rows: Row) -> list[Chunk]:
    return [Chunk("", (row,)) for row in rows]


def test_audit_accepts_the_same_messages_however_they_were_cut():
    assert audit.differences(log(*ROWS), ROWS) == []
    assert audit.differences([Chunk("", tuple(ROWS[:2])), Chunk("", tuple(ROWS[2:]))], ROWS) == []


@pytest.mark.parametrize(
    ("received", "difference"),
    [
        ([row(2), row(4)], "message 3 is missing"),
        ([], "message 2 is missing"),
        ([row(2), row(3), row(3), row(4)], "message 3 came 2 times"),
        ([row(3), row(2), row(4)], "revision 2 came after 3"),
        ([row(2), row(3, "hullo"), row(4)], "message 3 is stored as"),
        ([row(2), row(3)._replace(author_id=9), row(4)], "message 3 is stored as"),
        ([row(2), row(3)._replace(client_id=uuid4()), row(4)], "message 3 is stored as"),
        ([row(2), row(3), row(4), row(5)], "message 5 is not stored"),
    ],
)
def test_audit_finds_what_a_client_has_not_as_it_is_stored(received, difference):
    found = audit.differences(log(*received), ROWS)
    assert any(difference in sentence for sentence in found), found


def posted(*rows: Row) -> dict[UUID, Sent]:
    return {row.client_id: Sent(row.body, 0.0, acked_at=1.0, seq=row.seq, rev=row.rev) for row in rows}


def test_audit_accepts_posts_stored_as_acked():
    assert audit.audit([log(*ROWS)], posted(*ROWS), ROWS) == []


@pytest.mark.parametrize(
    ("rows", "difference"),
    [
        (ROWS[:2], "was acked and is stored 0 times"),
        ([*ROWS, row(5)._replace(client_id=row(4).client_id)], "was acked and is stored 2 times"),
        ([*ROWS[:2], row(4, "other words")], "is stored as"),
        ([*ROWS[:2], row(4)._replace(rev=9)], "is stored as"),
        ([*ROWS, row(5)], "nobody posted it"),
    ],
)
def test_audit_finds_posts_not_stored_as_acked(rows, difference):
    found = audit.audit([log(*rows)], posted(*ROWS), rows)
    assert any(difference in sentence for sentence in found), found


def test_audit_finds_posts_without_an_answer():
    sent = posted(*ROWS)
    sent[row(4).client_id] = replace(sent[row(4).client_id], acked_at=None)
    [found] = audit.audit([log(*ROWS)], sent, ROWS)
    assert "never acked" in found


# ---- The report


def test_a_message_has_reached_all_when_the_last_frame_with_it_arrived():
    chunks = [Chunk("", (row(2),), last_at=5.0), Chunk("", (row(2), row(3)), last_at=7.0)]
    assert report.reached_all(chunks) == {row(2).client_id: 7.0, row(3).client_id: 7.0}


def test_percentiles_are_values_that_occurred():
    values = [float(value) for value in range(1, 201)]
    assert (report.percentile(values, 50), report.percentile(values, 99)) == (100.0, 198.0)
    assert report.percentile([3.0], 99) == 3.0
    assert math.isnan(report.percentile([], 50))


# ---- The command


def run(module, *options, tmp_path):
    """The figures of one run, which has found nothing to complain of."""
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", module, *options, "--json", figures]
    run = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(figures.read_text())


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_a_small_room_is_run_and_audited(server, tmp_path):
    options = ["--server", server, "--clients", "5", "--posters", "2", "--posts", "20", "--outstanding", "3"]
    written = run("benchmarks.room", *options, tmp_path=tmp_path)
    assert (written["figures"]["posts"], written["figures"]["deliveries"], written["differences"]) == (20, 100, 0)


SMALL = ["--clients", "12", "--posters", "4", "--posts", "60", "--rate", "60", "--quiet", "1"]


def test_workers_are_replaced_in_turn_while_people_write(tmp_path):
    try:
        backends.programs()
    except FileNotFoundError as error:
        cannot_run(str(error))
    options = ["--workers", "3", "--database", "postgresql", "--layer", "valkey", "--rolling"]
    [written] = run("benchmarks.workers", *SMALL, *options, tmp_path=tmp_path)
    figures = written["figures"]
    assert figures["phases"].keys() == {"before", "during", "after"}
    assert figures["deliveries"] == 12 * figures["posts"] >= 12 * 60
    assert figures["connections"] > 12
    assert figures["blackouts"]["count"] == figures["connections"] - 12
    assert figures["database_connections"] > 0
    assert figures["broadcasts"] > 0


def test_the_layer_is_killed_under_workers_at_one_port(tmp_path):
    options = ["--workers", "2", "--one-port", "--database", "sqlite", "--layer", "valkey", "--layer-fault", "kill"]
    [written] = run("benchmarks.workers", *SMALL, *options, tmp_path=tmp_path)
    figures = written["figures"]
    assert figures["holes_healed"] > 0
    assert figures["connections"] == 12


def test_workers_without_a_common_layer_are_run_and_serve_pages(tmp_path):
    options = ["--workers", "1", "2", "--database", "sqlite", "--layer", "none", "--browsers", "2"]
    alone, together = run("benchmarks.workers", *SMALL, *options, tmp_path=tmp_path)
    assert (alone["workers"], together["workers"]) == (1, 2)
    assert alone["figures"]["holes_healed"] == 0
    assert together["figures"]["holes_healed"] > 0
    assert together["figures"]["page_loads"]["seconds"]["count"] > 0

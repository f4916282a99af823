"""Under Daphne, a streamed answer waits for its client, and ends with it."""

import asyncio

import pytest

from chat.adapters.daphne import task_of
from chat.exports.streaming import PIECE_BYTES, Download
from chatsite.server import daphne, django_handler
from chatsite.server.django_handler import DjangoHandler
from tests.connections import DaphneConnection, turns

GET = b"GET /file HTTP/1.1\r\nHost: testserver\r\n\r\n"
PIECES = 100
# The bytes that Twisted's transport buffers before it pauses the writer.
BUFFER_BYTES = 64 * 1024


@pytest.fixture
def _waiting():
    daphne.patch()


pytestmark = pytest.mark.usefixtures("_waiting")


class Unread(DaphneConnection):
    """A connection whose client reads when the test says so, like `twisted.internet.abstract.FileDescriptor`."""

    def __init__(self, application):
        super().__init__(application)
        self.kept, self.most, self._write = 0, 0, self.wire.write
        self.wire.write = self._keep
        self.wire.writeSequence = lambda parts: self._keep(b"".join(parts))

    def _keep(self, data):
        self._write(data)
        self.kept += len(data)
        self.most = max(self.most, self.kept)
        if self.kept > BUFFER_BYTES:
            self.wire.producer.pauseProducing()

    async def read(self):
        self.kept = 0
        self.wire.producer.resumeProducing()
        await turns()


class File:
    """An application that sends pieces, and counts the accepted ones."""

    def __init__(self, *headers):
        self.headers, self.taken, self.is_cancelled = headers, 0, False

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        try:
            for _ in range(PIECES):
                await send({"type": "http.response.body", "body": b"x" * PIECE_BYTES, "more_body": True})
                self.taken += 1
        except asyncio.CancelledError:
            self.is_cancelled = True
            raise
        await send({"type": "http.response.body"})


async def test_the_buffer_of_a_client_that_does_not_read_is_bounded():
    file = File()
    connection = Unread(file)
    await connection.hears(GET)
    assert file.taken <= 1
    for _ in range(PIECES):
        await connection.read()
    assert connection.most <= BUFFER_BYTES + 2 * PIECE_BYTES
    assert file.taken == PIECES
    assert connection.wire.value().count(b"x" * PIECE_BYTES) == PIECES
    assert connection.wire.value().endswith(b"\r\n0\r\n\r\n")
    connection.ends()


async def test_the_connection_is_kept_for_the_next_request_after_a_file():
    connection = Unread(File())
    await connection.hears(GET)
    for _ in range(PIECES):
        await connection.read()
    await connection.hears(GET)
    assert (connection.wire.value().count(b"200 OK"), connection.is_aborted) == (2, False)
    connection.ends()


async def test_a_page_in_memory_is_sent_without_waiting():
    file = File((b"content-length", b"%d" % (PIECES * PIECE_BYTES)))
    connection = Unread(file)
    await connection.hears(GET)
    assert file.taken == PIECES
    connection.ends()


async def test_a_waiting_sender_continues_when_the_connection_is_lost():
    file = File()
    connection = Unread(file)
    await connection.hears(GET)
    connection.wire.producer.stopProducing()  # Twisted's transport does both
    connection.channel.connectionLost(ConnectionResetError())
    await turns()
    assert file.taken == PIECES  # without a reader: Django's response waits for the disconnect, and is cancelled
    connection.ends()


async def test_an_answer_that_stops_midway_ends_the_connection():
    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    connection = DaphneConnection(application)
    await connection.hears(GET)
    assert connection.is_aborted


async def test_an_answer_that_is_whole_does_not(caplog):
    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"whole"})

    connection = DaphneConnection(application)
    assert b"whole" in await connection.hears(GET)
    assert (connection.is_aborted, connection.has_ended, caplog.records) == (False, False, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deadline", ["PIECE_SECONDS", "STREAM_SECONDS"])
async def test_deadlines_of_a_download_end_it_and_free_its_slot(monkeypatch, deadline):
    monkeypatch.setattr(django_handler, deadline, 0.0)
    parts = (b"x" * PIECE_BYTES for _ in range(PIECES))
    monkeypatch.setattr(
        DjangoHandler, "get_response", lambda self, request: Download(1, parts, "text/plain", "file.txt")
    )
    connection = Unread(DjangoHandler())
    await connection.hears(GET)
    tasks = [task_of(connection.server, request) for request in connection.server.connections]
    await asyncio.wait_for(asyncio.gather(*tasks), 20)
    assert (connection.is_aborted, len(Download._open)) == (True, 0)
    assert connection.most <= BUFFER_BYTES + 2 * PIECE_BYTES

"""Running downloads: what a slow client costs, and what it gets after it has lost the file. On both servers."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async

from chat import protocol
from chat.actions import credentials, removal, sanctions
from chat.actions.accounts import issue_token
from chat.delivery import downloads
from chat.delivery.service import Delivery
from chatsite.asgi import application
from chatsite.server import daphne, files
from tests.cast import ask, say
from tests.connections import DaphneConnection, UvicornConnection, turns
from tests.files.store import address_of, stored
from tests.site import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ended")]
PIECES = 20
CONTENT = bytes(range(256)) * (PIECES * files.PIECE_BYTES // 256)
# What a transport keeps before it asks for a pause.
BUFFER_BYTES = 64 * 1024


class SlowUvicorn(UvicornConnection):
    """A connection whose client reads when the test says so. `got` is what has left the transport's buffer."""

    def __init__(self):
        super().__init__(application)
        self.got, self.kept, write = 0, 0, self.wire.write

        def keep(data):
            write(data)
            self.kept += len(data)
            if self.kept > BUFFER_BYTES:
                self.protocol.pause_writing()

        self.wire.write = keep

    @property
    def written(self):
        return self.wire.written

    def read(self):
        self.got, self.kept = self.got + self.kept, 0
        self.protocol.resume_writing()


class SlowDaphne(DaphneConnection):
    def __init__(self):
        daphne.patch()
        super().__init__(application)
        self.got, self.kept, write = 0, 0, self.wire.write

        def keep(data):
            write(data)
            self.kept += len(data)
            if self.kept > BUFFER_BYTES and self.wire.producer:
                self.wire.producer.pauseProducing()

        self.wire.write = keep
        self.wire.writeSequence = lambda parts: keep(b"".join(parts))

    @property
    def written(self):
        return self.wire.value()

    def read(self):
        self.got, self.kept = self.got + self.kept, 0
        if self.wire.producer:
            self.wire.producer.resumeProducing()


SERVERS = [SlowUvicorn, SlowDaphne]


async def until(condition):
    """Wait for what happens in threads."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def request_for(alice, bob, ops, monkeypatch):
    """Return the request of bob for a large file in a private room. Only events make a check."""
    monkeypatch.setattr(downloads, "CHECK_SECONDS", 3600.0)
    file = stored(alice, "plan.bin", CONTENT, kind="file")
    say(alice, ops, files=[file])
    lines = (f"GET {address_of(file)} HTTP/1.1", "Host: testserver", f"Authorization: Bearer {issue_token(bob)}")
    return "\r\n".join([*lines, "", ""]).encode()


def running():
    return Delivery.current().downloads._running


async def began(server, request):
    """Return a connection whose client has not read the first pieces yet."""
    connection = server()
    await connection.hears(request)
    await until(lambda: connection.kept > BUFFER_BYTES)
    return connection


@pytest.mark.parametrize("server", SERVERS)
async def test_a_client_gets_pieces_as_it_reads_and_then_all_of_them(request_for, server):
    connection = await began(server, request_for)
    await turns()
    assert connection.kept <= 2 * files.PIECE_BYTES + 2000
    while running():
        connection.read()
        await until(lambda: connection.kept or not running())
    assert connection.written.endswith(CONTENT)
    assert connection.written.count(b"HTTP/1.1 200") == 1
    connection.ends()


def lose_membership(alice, bob, ops):
    sanctions.close_membership(alice, ops, bob)


def revoke_token(alice, bob, ops):
    credentials.revoke_token(bob, bob.tokens.get().pk)


def delete_message(alice, bob, ops):
    ask(alice, ops, protocol.Delete(seq=ops.messages.latest("seq").seq))


def delete_messages(alice, bob, ops):
    removal.execute(removal.DELETE, removal.BulkRequest(None), ops.messages.values_list("pk", flat=True))


def remove_file(alice, bob, ops):
    ask(alice, ops, protocol.Edit(seq=ops.messages.latest("seq").seq, body="no file", files=[]))


@pytest.mark.parametrize(
    ("server", "lose"),
    [
        (SlowUvicorn, lose_membership),
        (SlowDaphne, lose_membership),
        (SlowUvicorn, revoke_token),
        (SlowUvicorn, delete_message),
        (SlowUvicorn, delete_messages),
        (SlowUvicorn, remove_file),
    ],
)
async def test_a_client_that_loses_the_file_gets_no_further_byte(request_for, server, lose, alice, bob, ops):
    connection = await began(server, request_for)
    before = len(connection.written)
    await sync_to_async(lose)(alice, bob, ops)
    await until(lambda: not running())
    await turns()
    connection.read()
    await turns()
    assert (len(connection.written), connection.is_aborted) == (before, True)
    connection.ends()


async def test_a_lost_event_is_made_up_for_by_the_next_check(request_for, monkeypatch, alice, bob, ops):
    connection = await began(SlowUvicorn, request_for)
    monkeypatch.setattr(downloads.Downloads, "hold", lambda self: None)
    await sync_to_async(sanctions.close_membership)(alice, ops, bob)
    await Delivery.current().downloads.check()
    await until(lambda: not running())
    assert connection.is_aborted
    connection.ends()


async def test_a_change_of_access_holds_downloads_until_they_are_checked(request_for, monkeypatch):
    connection = await began(SlowUvicorn, request_for)
    monkeypatch.setattr(downloads.Downloads, "trigger", lambda self: None)
    Delivery.current().downloads.hold()
    before = len(connection.written)
    connection.read()
    await turns()
    assert len(connection.written) == before
    await Delivery.current().downloads.check()
    await until(lambda: len(connection.written) > before)
    connection.ends()
    await until(lambda: not running())


async def test_slow_clients_take_no_thread_and_one_piece_of_memory_each(request_for, monkeypatch):
    monkeypatch.setattr(downloads, "MAX_DOWNLOADS_EACH", 200)
    reads = []
    monkeypatch.setattr(files, "_in_thread", counted(files._in_thread, reads))
    first = await began(SlowUvicorn, request_for)
    threads = threading.active_count()
    connections = [first, *[await began(SlowUvicorn, request_for) for _ in range(199)]]
    assert len(running()) == 200
    assert threading.active_count() <= threads + files.THREADS + 4  # those that read files and the database
    assert len(reads) <= 2 * len(connections), "pieces are read before they can be sent"
    refused = SlowUvicorn()
    await refused.hears(request_for)
    await until(lambda: refused.written)
    assert refused.written.startswith(b"HTTP/1.1 503")
    for connection in (*connections, refused):
        connection.ends()
    await until(lambda: not running())


def counted(function, calls):
    async def counting(*arguments):
        calls.append(arguments)
        return await function(*arguments)

    return counting


async def test_a_client_that_never_reads_is_cut_off(request_for, monkeypatch):
    monkeypatch.setattr(files, "PIECE_SECONDS", 0.0)
    connection = SlowUvicorn()
    await connection.hears(request_for)
    await until(lambda: connection.has_ended)
    assert not running()
    connection.ends()

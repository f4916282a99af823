"""HTTP pipelining: few requests wait, nothing more is read, and the queue ends with the connection."""

import asyncio

import pytest

from chatsite.server.http import QUEUED_REQUESTS
from chatsite.server.tcp import READ_BYTES
from tests.connections import DaphneConnection, UvicornConnection, turns

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Application:
    """An application that reads each request, and answers when it may. `events` are the received ones."""

    def __init__(self):
        self.begun, self.events, self.may_answer = 0, [], asyncio.Semaphore(0)

    async def __call__(self, scope, receive, send):
        self.begun += 1
        self.events.append((await receive())["type"])
        reading, waiting = asyncio.ensure_future(receive()), asyncio.ensure_future(self.may_answer.acquire())
        await asyncio.wait([reading, waiting], return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            self.events.append(reading.result()["type"])
            waiting.cancel()
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


@pytest.fixture
async def connected():
    """Return an application, a connection to it, and the connection's transport."""
    application = Application()
    connection = UvicornConnection(application)
    yield application, connection.protocol, connection.wire
    connection.ends()
    await turns()


async def test_sixteen_requests_wait_and_one_more_ends_the_connection(connected):
    application, protocol, wire = connected
    protocol.data_received(GET * (1 + QUEUED_REQUESTS))
    await turns()
    assert (application.begun, len(protocol.pipeline), wire.is_aborted) == (1, 16, False)
    protocol.data_received(GET * 1000)
    assert (len(protocol.pipeline), wire.is_aborted) == (16, True)


async def test_flood_in_one_read_is_not_parsed_further(connected):
    application, protocol, wire = connected
    protocol.data_received(GET * 1000)
    await turns()
    assert (application.begun, len(protocol.pipeline), wire.is_aborted) == (1, QUEUED_REQUESTS, True)
    assert wire.written == b"", "nothing is answered on a connection that was aborted"


async def test_nothing_is_read_while_a_request_waits(connected):
    application, protocol, wire = connected
    protocol.data_received(GET * 3)
    await turns()
    assert application.events == ["http.request"], "uvicorn resumes reading when this is asked for"
    assert wire.is_paused
    application.may_answer.release()
    await turns()
    assert wire.is_paused
    application.may_answer.release()
    await turns()
    assert (application.begun, wire.is_paused) == (3, False)


async def test_little_is_read_at_once(connected):
    _, _, wire = connected
    assert wire.max_size == READ_BYTES == 16 * 1024


async def test_requests_that_waited_are_answered_in_their_order(connected):
    application, protocol, wire = connected
    protocol.data_received(GET * 3)
    for _ in range(3):
        application.may_answer.release()
    await turns()
    assert wire.written.count(b"200 OK") == 3
    assert not wire.is_closing()


async def test_a_client_that_has_gone_is_not_answered_and_its_queue_is_cleared(connected):
    application, protocol, _ = connected
    protocol.data_received(GET * 5)
    await turns()
    protocol.connection_lost(ConnectionResetError())
    await turns()
    assert (application.begun, application.events, len(protocol.pipeline)) == (
        1,
        ["http.request", "http.disconnect"],
        0,
    )


async def test_requests_that_wait_are_not_answered_at_the_servers_end(connected):
    application, protocol, wire = connected
    protocol.data_received(GET * 5)
    await turns()
    protocol.shutdown()
    protocol.data_received(GET * 5)
    application.may_answer.release()
    await turns()
    assert (application.begun, len(protocol.pipeline), wire.is_closing()) == (1, 0, True)
    assert wire.written.count(b"200 OK") == wire.written.count(b"connection: close") == 1


async def test_daphne_buffers_little_while_it_answers():
    """It has one request at a time, and pauses reading with 16 KiB in hand: 16 KiB and one read are the most."""
    application = Application()
    connection = DaphneConnection(application)
    await connection.hears(GET + GET * 100)
    assert connection.wire.producerState == "producing"
    await connection.hears(GET * 1000)
    assert (application.begun, connection.wire.producerState) == (1, "paused")
    application.may_answer.release()
    await turns()
    assert (application.begun, connection.wire.producerState) == (2, "paused")
    connection.ends()

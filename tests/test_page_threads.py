"""Pages under ASGI: each runs in one of a few threads, which keep their connections."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import SyncToAsync
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_finished, request_started
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse

from chatsite.server.django_handler import DjangoHandler

pytestmark = pytest.mark.django_db(transaction=True)


def scope_of(path, method="GET"):
    headers = [(b"host", b"testserver")]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": headers,
        "scheme": "https",
    }


async def answer(site, path):
    """Send one GET. Return the status and the body."""
    asked = ApplicationCommunicator(site, scope_of(path))
    await asked.send_input({"type": "http.request"})
    start, body = await asked.receive_output(20), await asked.receive_output(20)
    await asked.wait(20)
    return start["status"], body["body"]


@pytest.fixture
def made(monkeypatch):
    """Return the database connection of each page."""
    connections = []
    make = DjangoHandler.get_response

    def note(self, request):
        response = make(self, request)
        connections.append(connection.connection)
        return response

    monkeypatch.setattr(DjangoHandler, "get_response", note)
    return connections


async def test_page_thread_keeps_its_database_connection(made, monkeypatch):
    monkeypatch.setattr(DjangoHandler, "_threads", ThreadPoolExecutor(1))
    site = DjangoHandler()
    for _ in range(3):
        status, _ = await answer(site, "/readyz")
        assert status == 200
    assert made[0] is not None
    assert made[0] is made[1] is made[2]


async def test_pieces_of_uploads_take_no_thread_of_pages_and_leave_no_body(monkeypatch):
    requests = []

    def get_response(self, request):
        requests.append((request, request.body, threading.current_thread().name.rpartition("_")[0]))
        return HttpResponse(status=204)

    monkeypatch.setattr(DjangoHandler, "get_response", get_response)
    for method in ("PATCH", "PUT"):
        asked = ApplicationCommunicator(DjangoHandler(), scope_of("/", method))
        await asked.send_input({"type": "http.request", "body": b"a piece"})
        assert (await asked.receive_output(20))["status"] == 204
        await asked.wait(20)
    assert [(body, name) for _, body, name in requests] == [(b"a piece", "upload"), (b"a piece", "page")]
    assert [request for request, *_ in requests if b"a piece" in vars(request).values()] == []


async def test_a_started_page_is_finished_after_its_client_has_gone(monkeypatch):
    begun, may_end, done = threading.Event(), threading.Event(), []

    def get_response(self, request):
        begun.set()
        may_end.wait(20)
        done.append(request.read())
        return HttpResponse()

    monkeypatch.setattr(DjangoHandler, "get_response", get_response)
    asked = ApplicationCommunicator(DjangoHandler(), scope_of("/", "POST"))
    await asked.send_input({"type": "http.request", "body": b"what was sent"})
    await asyncio.to_thread(begun.wait, 20)
    await asked.send_input({"type": "http.disconnect"})
    for _ in range(20):  # turns in which the site learns of it
        await asyncio.sleep(0)
    may_end.set()
    await asked.wait(20)
    assert done == [b"what was sent"]


async def test_page_changes_no_thread_for_middleware_or_signals(made, monkeypatch):
    hops = []
    call = SyncToAsync.__call__

    async def count(self, *given, **named):
        hops.append(self.func)
        return await call(self, *given, **named)

    monkeypatch.setattr(SyncToAsync, "__call__", count)
    await answer(DjangoHandler(), "/")
    assert len(made) == 1
    assert hops == []


@pytest.fixture
def signals(monkeypatch):
    """The threads in which Django sent its signals for the start and the end of a request."""
    threads = []
    signals = (request_started, request_finished)

    def note(signal, **more):
        threads.append((signals.index(signal), threading.current_thread().name))

    for signal in signals:
        signal.connect(note)
    yield threads
    for signal in signals:
        signal.disconnect(note)


async def test_request_signals_are_sent_for_an_unreadable_request(signals, monkeypatch):
    monkeypatch.setattr(DjangoHandler, "_threads", ThreadPoolExecutor(1, "one"))
    asked = ApplicationCommunicator(DjangoHandler(), scope_of("/") | {"query_string": b"\xff"})
    await asked.send_input({"type": "http.request"})
    assert (await asked.receive_output(20))["status"] == 400
    assert signals == [(0, "one_0"), (1, "one_0")]


async def test_a_page_that_the_server_cancels_is_not_sent_later(monkeypatch):
    begun, may_end = threading.Event(), threading.Event()

    def get_response(self, request):
        begun.set()
        may_end.wait(20)
        return HttpResponse()

    monkeypatch.setattr(DjangoHandler, "get_response", get_response)
    events, sent = asyncio.Queue(), []

    async def send(event):
        sent.append(event)

    events.put_nowait({"type": "http.request"})
    serving = asyncio.create_task(DjangoHandler()(scope_of("/"), events.get, send))
    await asyncio.to_thread(begun.wait, 20)
    serving.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert (sent, asyncio.all_tasks()) == ([], {asyncio.current_task()})


async def test_request_signals_are_sent_in_the_thread_of_the_page(signals, monkeypatch):
    monkeypatch.setattr(DjangoHandler, "_threads", ThreadPoolExecutor(1, "one"))
    await answer(DjangoHandler(), "/readyz")
    assert signals == [(0, "one_0"), (1, "one_0")]


async def test_a_streamed_response_is_closed_after_sending(monkeypatch):
    happened = []

    class Stream(StreamingHttpResponse):
        def close(self):
            happened.append("closed")
            super().close()

    async def parts():
        yield b"all of it"
        happened.append("read")

    monkeypatch.setattr(DjangoHandler, "get_response", lambda self, request: Stream(parts()))
    status, body = await answer(DjangoHandler(), "/")
    assert (status, body, happened) == (200, b"all of it", ["read", "closed"])


async def test_failure_while_sending_a_page_is_raised():
    async def send(event):
        raise OSError("gone")

    async def receive():
        return asked.pop() if asked else await asyncio.Event().wait()

    asked = [{"type": "http.request"}]
    with pytest.raises(OSError, match="gone"):
        await DjangoHandler()(scope_of("/readyz"), receive, send)

"""Pages under ASGI: one thread for each from beginning to end, of a few that keep what costs to make."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import SyncToAsync
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from django.http import HttpResponse

from chatsite.pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)

# Django's signals at the beginning and the end of a request, each in one hop.
HOPS = 2


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
    """Status and body of one GET."""
    asked = ApplicationCommunicator(site, scope_of(path))
    await asked.send_input({"type": "http.request"})
    start, body = await asked.receive_output(20), await asked.receive_output(20)
    await asked.wait(20)
    return start["status"], body["body"]


@pytest.fixture
def made(monkeypatch):
    """The connection to the database that each page was made with."""
    connections = []
    make = Pages.get_response

    def note(self, request):
        response = make(self, request)
        connections.append(connection.connection)
        return response

    monkeypatch.setattr(Pages, "get_response", note)
    return connections


async def test_the_next_page_of_a_thread_finds_the_connection_of_the_one_before(made, monkeypatch):
    monkeypatch.setattr(Pages, "_threads", ThreadPoolExecutor(1))
    site = Pages()
    for _ in range(3):
        status, _ = await answer(site, "/readyz")
        assert status == 200
    assert made[0] is not None
    assert made[0] is made[1] is made[2]


async def test_what_was_begun_for_a_client_that_goes_is_finished_first(monkeypatch):
    begun, may_end, done = threading.Event(), threading.Event(), []

    def get_response(self, request):
        begun.set()
        may_end.wait(20)
        done.append(request.read())
        return HttpResponse()

    monkeypatch.setattr(Pages, "get_response", get_response)
    asked = ApplicationCommunicator(Pages(), scope_of("/", "POST"))
    await asked.send_input({"type": "http.request", "body": b"what was sent"})
    await asyncio.to_thread(begun.wait, 20)
    await asked.send_input({"type": "http.disconnect"})
    for _ in range(20):  # turns in which the site learns of it
        await asyncio.sleep(0)
    may_end.set()
    await asked.wait(20)
    assert done == [b"what was sent"]


async def test_a_page_does_not_go_to_a_thread_for_each_middleware(made, monkeypatch):
    hops = []
    call = SyncToAsync.__call__

    async def count(self, *given, **named):
        hops.append(self.func)
        return await call(self, *given, **named)

    monkeypatch.setattr(SyncToAsync, "__call__", count)
    await answer(Pages(), "/")
    assert len(made) == 1
    assert len(hops) <= HOPS

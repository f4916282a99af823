"""A log line for each HTTP request, and its id in every line written during the request."""

import asyncio
import json
import logging
import re
import signal
import urllib.request
from contextlib import nullcontext
from unittest.mock import Mock

import pytest
from channels.testing import HttpCommunicator
from django.db import OperationalError
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from chat.auth import password_hashing
from chat.delivery.process import readiness
from chat.delivery.service import Delivery
from chat.middleware import request_log
from chat.telemetry import logs
from chat.telemetry.counters import counts
from chat.views import accounts
from chatsite.asgi import application
from tests.cases import each
from tests.logs import collected
from tests.site import PATIENCE_SECONDS, ROOT, Site

pytestmark = pytest.mark.django_db(transaction=True)

GENERATED = re.compile(r"[0-9a-f]{8}")


async def get(path, *headers, method="GET"):
    """Return the response and the log lines."""
    with collected() as lines:
        wire = HttpCommunicator(application, method, path, headers=[(b"host", b"testserver"), *headers])
        response = await wire.get_response(timeout=PATIENCE_SECONDS)
        await wire.wait(PATIENCE_SECONDS)  # the line is written when all is done
        return response, lines


def id_of(response):
    [value] = [value for name, value in response["headers"] if name.lower() == b"x-request-id"]
    return value.decode()


def requests_in(lines):
    return [line for line in lines if line.get("event") == "request"]


@pytest.fixture(autouse=True)
async def ended():
    """End this process's delivery, which a request starts, after the test."""
    yield
    for delivery in Delivery.running():
        await delivery.stop()


async def test_a_request_gets_an_id_and_a_line():
    response, lines = await get("/accounts/login/?next=/secret/")
    [line] = requests_in(lines)
    assert GENERATED.fullmatch(id_of(response))
    assert line["request"] == id_of(response)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/accounts/login/", 200)
    assert line["seconds"] > 0
    assert "secret" not in str(line)


async def test_the_line_in_the_document_is_one_of_those_in_the_log():
    _, lines = await get("/accounts/login/")
    [example] = re.findall(r"^\{.*\}$", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)
    assert list(json.loads(example)) == list(requests_in(lines)[0])


@each("given", ["a", "4f2b-A9", "x" * 64])
async def test_the_id_that_a_proxy_gives_is_taken_over(given):
    response, lines = await get("/accounts/login/", (b"x-request-id", given.encode()))
    assert id_of(response) == requests_in(lines)[0]["request"] == given


@each("given", [b"", b"x" * 65, b"a b", b'a"b', b"a\x1b[2J", b"a_b", b"\xe9", b"a\r\nSet-Cookie: b=c", b"a\n"])
async def test_invalid_request_id_is_replaced(given):
    response, lines = await get("/accounts/login/", (b"x-request-id", given))
    assert GENERATED.fullmatch(id_of(response))
    assert requests_in(lines)[0]["request"] == id_of(response)


async def test_every_line_of_a_request_carries_its_id_also_those_of_django_and_of_other_threads(monkeypatch):
    def fail():
        logging.getLogger("chat.somewhere").warning("Something is odd")
        raise RuntimeError("broken")

    monkeypatch.setattr(readiness, "failing_checks", fail)
    response, lines = await get("/readyz", (b"x-request-id", b"from-the-proxy"))
    assert response["status"] == 500
    assert {line["logger"] for line in lines} >= {"chat.somewhere", "django.request", "chat.access"}
    assert {line["request"] for line in lines} == {"from-the-proxy"}
    [failure] = [line for line in lines if line["logger"] == "django.request"]
    assert "RuntimeError: broken" in failure["traceback"]


async def test_concurrent_requests_have_separate_ids(monkeypatch):
    monkeypatch.setattr(readiness, "failing_checks", lambda: logging.getLogger("chat.somewhere").warning("here") or [])
    names = [f"request-{number}".encode() for number in range(5)]
    with collected() as lines:
        wires = [
            HttpCommunicator(application, "GET", "/readyz", headers=[(b"host", b"testserver"), (b"x-request-id", name)])
            for name in names
        ]
        await asyncio.gather(*(wire.get_response(timeout=PATIENCE_SECONDS) for wire in wires))
    assert sorted(line["request"] for line in lines if line["logger"] == "chat.somewhere") == [
        it.decode() for it in names
    ]


async def test_probes_have_a_line_only_when_they_fail_for_no_reason_that_is_in_the_log_already(monkeypatch):
    assert (await get("/healthz"))[1] == []
    with monkeypatch.context() as patched:
        patched.setattr(readiness, "failing_checks", lambda: ["database"])
        response, lines = await get("/readyz")
    assert (response["status"], lines) == (503, [])
    monkeypatch.setattr(readiness, "failing_checks", lambda: 1 / 0)
    response, lines = await get("/readyz")
    assert response["status"] == 500
    assert [line["logger"] for line in lines] == ["django.request", "chat.access"]


@pytest.mark.parametrize(
    ("path", "loggers"),
    [("/api/token/", ["chat.access"]), ("/accounts/login/", ["chat.middleware.pages", "chat.access"])],
)
async def test_a_refusal_that_the_site_chose_is_no_error_of_django(monkeypatch, path, loggers):
    """The queue for password hashes is full, and the database does not answer, which the site says itself."""
    monkeypatch.setattr(password_hashing.HashingQueue, "slot", lambda self, address: nullcontext(False))
    monkeypatch.setattr(accounts.SignInView, "get", Mock(side_effect=OperationalError("away")))
    before = counts.requests["503"]
    response, lines = await get(path, method="POST" if path.startswith("/api/") else "GET")
    assert (response["status"], counts.requests["503"] - before) == (503, 1)
    assert [line["logger"] for line in lines] == loggers


async def test_an_abandoned_request_is_logged_without_a_status():
    async def never_answer(scope, receive, send):
        raise asyncio.CancelledError

    before = counts.requests["gone"]
    with collected() as lines, pytest.raises(asyncio.CancelledError):
        await request_log.AccessLog(never_answer)({"method": "GET", "path": "/slow", "headers": []}, None, None)
    [line] = requests_in(lines)
    assert ("status" in line, line["path"], counts.requests["gone"] - before) == (False, "/slow", 1)


async def test_requests_are_counted_by_status():
    before, timed = counts.requests["404"], sum(counts.request_seconds.read()[0])
    await get("/nowhere/")
    assert (counts.requests["404"] - before, sum(counts.request_seconds.read()[0]) - timed) == (1, 1)


async def test_the_url_of_a_password_reset_is_not_logged():
    response, lines = await get("/accounts/reset/MTI/c6fpf1-7d4c0a/")
    assert response["status"] in (200, 302)
    assert requests_in(lines)[0]["path"] == "/accounts/reset/…/"
    assert "c6fpf1" not in str(lines)


def routes(resolver=None, before="/"):
    for found in (resolver or get_resolver()).url_patterns:
        route = before + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from routes(found, route)
        elif isinstance(found, URLPattern):
            yield route


def test_secret_part_of_every_path_is_not_logged():
    named = [route for route in routes() if re.search(r"<(\w+:)?(token|key|secret|code|uidb64)>", route)]
    # The key of a file gives no access.
    secret = [route for route in named if "<file_key:key>" not in route]
    assert secret
    for route in secret:
        path = re.sub(r"<[^>]+>", "c6fpf1", route)
        assert "c6fpf1" not in logs.without_secrets(path), path
        assert "c6fpf1" not in logs.without_secrets(f'Internal Server Error: {path.rstrip("/")}", "level"')


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_a_real_server_writes_one_line_per_request(tmp_path, server):
    site = Site(tmp_path, LOG_LEVEL="INFO")
    port = site.start(server)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/?next=/secret/") as answer:
            request_id = answer.headers["X-Request-ID"]
    finally:
        site.kill(port, signal.SIGTERM)  # what it wrote is whole then
    [line] = [line for line in site.log.read_text().splitlines() if "/accounts/login/" in line]
    assert (json.loads(line)["request"], json.loads(line)["status"]) == (request_id, 200)
    assert all(json.loads(line)["time"] for line in site.log.read_text().splitlines())

"""Password hashing under load: the hashing threads, the bounded queue, and the refusals when it is full."""

import ast
import asyncio
import json
import threading
from pathlib import Path

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth import hashers
from django.contrib.auth.hashers import MD5PasswordHasher
from django.urls import get_resolver

from chat.auth import password_hashing
from chatsite import settings as configured
from chatsite.server.django_handler import DjangoHandler
from tests.cast import PASSWORD
from tests.site import ROOT
from tests.test_page_threads import answer, scope_of

AT_ONCE = 60
CSRF_TOKEN = b"x" * 32


class Hashing:
    """Hashes that start and wait until they may end, and the threads that run them."""

    def __init__(self):
        self.threads, self.begun, self.may_end = [], threading.Event(), threading.Event()

    def encode(self, hasher, password, salt):
        self.threads.append(threading.current_thread().name.partition("_")[0])
        self.begun.set()
        assert self.may_end.wait(20)
        return "md5$salt$never"


@pytest.fixture
def held(monkeypatch):
    hashes = Hashing()
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *given: hashes.encode(self, *given))
    yield hashes
    hashes.may_end.set()


async def sign_in(site, number, path="/api/token/", address=None):
    """Try a password from a new address. Return the communicator that receives the answer."""
    content_type = b"application/json" if path.startswith("/api/") else b"application/x-www-form-urlencoded"
    headers = [(b"host", b"testserver"), (b"content-type", content_type), (b"origin", b"https://testserver")]
    headers += [(b"cookie", b"csrftoken=" + CSRF_TOKEN), (b"x-csrftoken", CSRF_TOKEN)]
    scope = {**scope_of(path, "POST"), "headers": headers, "client": (address or f"10.0.0.{number}", 4000)}
    asked = ApplicationCommunicator(site, scope)
    body = json.dumps({"username": f"name {number}", "password": "wrong"}).encode()
    await asked.send_input({"type": "http.request", "body": body})
    return asked


async def outcome(asked):
    start, body = await asked.receive_output(20), await asked.receive_output(20)
    await asked.wait(20)
    return start["status"], {name.decode().lower(): value.decode() for name, value in start["headers"]}, body["body"]


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0)


@pytest.mark.django_db(transaction=True)
async def test_pages_are_made_while_sixty_people_sign_in(held):
    site = DjangoHandler()
    asked = [await sign_in(site, number) for number in range(AT_ONCE)]
    await until(lambda: sum(not it.output_queue.empty() for it in asked) == AT_ONCE - password_hashing.QUEUE_LENGTH)
    assert len(site._queue) == password_hashing.QUEUE_LENGTH
    assert [(await answer(site, "/healthz"))[0] for _ in range(3)] == [200] * 3
    assert set(held.threads) == {"hash"}
    assert len(held.threads) <= password_hashing.THREADS
    held.may_end.set()
    statuses = [(await outcome(it))[0] for it in asked]
    assert (statuses.count(401), statuses.count(503)) == (
        password_hashing.QUEUE_LENGTH,
        AT_ONCE - password_hashing.QUEUE_LENGTH,
    )
    assert (len(held.threads), len(site._queue)) == (password_hashing.QUEUE_LENGTH, 0)


@pytest.mark.django_db(transaction=True)
async def test_program_gets_busy_and_a_retry_delay_when_the_hash_queue_is_full(held):
    site = DjangoHandler()
    site._queue = password_hashing.HashingQueue(length=0)
    status, headers, body = await outcome(await sign_in(site, 1))
    assert (status, headers["retry-after"], json.loads(body)["error"]["code"]) == (503, "5", "busy")
    assert held.threads == []


@pytest.mark.django_db(transaction=True)
async def test_page_asks_to_wait_when_the_hash_queue_is_full(held):
    site = DjangoHandler()
    site._queue = password_hashing.HashingQueue(length=0)
    status, headers, body = await outcome(await sign_in(site, 1, "/accounts/login/"))
    assert (status, headers["retry-after"]) == (503, "5")
    assert "Wait five seconds, then go back and send the form again." in body.decode()
    assert held.threads == []


async def test_one_address_cannot_fill_the_hash_queue():
    queue = password_hashing.HashingQueue(length=4, per_address=2)
    with queue.slot("2001:db8::1") as first, queue.slot("2001:db8::2") as second, queue.slot("2001:db8::3") as third:
        assert (first, second, third) == (True, True, False)
        with queue.slot("192.0.2.1") as other:
            assert (other, len(queue)) == (True, 3)
    assert len(queue) == 0


def names(patterns, within=""):
    for it in patterns:
        if hasattr(it, "url_patterns"):
            yield from names(it.url_patterns, f"{it.namespace}:" if it.namespace else within)
        elif it.name:
            yield within + it.name


def test_every_listed_hashing_view_exists():
    assert set(names(get_resolver().url_patterns)) >= password_hashing.VIEWS


# ---- The hashes


@pytest.fixture
def slow_passwords(settings):
    """The site's own hasher, with few iterations."""
    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS
    [hasher] = hashers.get_hashers()
    hasher.iterations = 1000
    return hasher


def test_a_hash_is_one_of_djangos(slow_passwords):
    encoded = hashers.make_password(PASSWORD)
    assert encoded.startswith("pbkdf2_sha256$1000$")
    assert hashers.PBKDF2PasswordHasher().verify(PASSWORD, encoded)
    assert hashers.check_password(PASSWORD, encoded, setter=pytest.fail)
    assert not hashers.check_password("wrong", encoded)


def test_every_password_of_the_site_is_computed_in_a_few_threads(slow_passwords, monkeypatch):
    threads = []
    compute = hashers.pbkdf2

    def note(*given, **named):
        threads.append(threading.current_thread().name.partition("_")[0])
        return compute(*given, **named)

    monkeypatch.setattr(hashers, "pbkdf2", note)
    hashers.check_password(PASSWORD, hashers.make_password(PASSWORD))
    hashers.check_password(PASSWORD, hashers.make_password(None))  # as for an unknown name
    assert threads == ["hasher"] * 3
    assert (
        password_hashing.PasswordHasher._threads._max_workers
        == password_hashing.THREADS
        < max(password_hashing.CORES, 2)
    )


HASHES = {"make_password", "check_password", "acheck_password", "set_password", "aset_password", "authenticate"}
# Each is called by views of `hashing.VIEWS` or by commands.
MAY_HASH = {
    "chat/actions/administration.py",
    "chat/actions/credentials.py",
    "chat/actions/imports/archive_people.py",
    "chat/actions/imports/people.py",
    "chat/actions/accounts.py",
    "chat/actions/sign_up.py",
    "chat/admin/people.py",
    "chat/auth/login_throttle.py",
    "chat/management/commands/changepassword.py",
    "chat/models/people.py",
}


def test_a_service_manager_may_forbid_another_priority(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(password_hashing.os, "setpriority", refuse)
    password_hashing._lower_priority()  # else no password could be hashed any more


def calls(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", getattr(node.func, "id", ""))


def test_passwords_are_hashed_in_few_places():
    modules = [path for folder in ("chat", "chatsite") for path in (ROOT / folder).rglob("*.py")]
    assert {str(path.relative_to(ROOT)) for path in modules if HASHES & set(calls(path))} == MAY_HASH

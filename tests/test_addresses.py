"""An IPv6 /64 network counts as one address for every limit by address."""

import ast
import functools
import random

import pytest
from django.test import Client

from chat.auth import password_hashing
from chat.rate_limits import limits
from chat.rate_limits.token_bucket import Buckets
from chatsite.server.forwarded import TrustedProxies, proxies
from tests.cast import PASSWORD
from tests.site import ROOT

ADDRESSES = 64
NETWORK = "2001:db8:0:7"


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch):
    """Stop the clock, so that no bucket is refilled during a test."""
    monkeypatch.setattr(limits, "Buckets", functools.partial(Buckets, clock=lambda: 1000.0))
    limits.reset()
    yield
    limits.reset()


def addresses():
    """Yield random addresses of one network."""
    chosen = random.Random(16)
    return [f"{NETWORK}:{':'.join(f'{chosen.randrange(1, 65536):x}' for _ in range(4))}" for _ in range(ADDRESSES)]


def join(browser, number):
    return browser.post("/join/", {"name": f"guest {number}"})


def join_by_the_api(browser, number):
    return browser.post("/api/join/", {"name": f"guest {number}"}, content_type="application/json")


def sign_in(browser, number):
    return browser.post("/accounts/login/", {"username": f"name {number}", "password": "wrong"})


def guess(browser, number):
    return browser.post("/accounts/login/", {"username": "alice", "password": f"wrong {number}"})


def take_a_token(browser, number):
    fields = {"username": f"name {number}", "password": "wrong"}
    return browser.post("/api/token/", fields, content_type="application/json")


def try_a_token(browser, number):
    return browser.get("/api/rooms/", headers={"Authorization": f"Bearer wrong{number}"})


def ask_for_a_mail(browser, number):
    return browser.post("/accounts/password_reset/", {"email": f"{number}@example.org"})


def report(browser, number):
    return browser.post("/csp-report/", "[]", content_type="application/csp-report")


# How many are let through from one address.
LIMITS = {
    join: 20, join_by_the_api: 20, sign_in: 60, guess: 5, take_a_token: 60, try_a_token: 60, ask_for_a_mail: 5,
    report: 30,
}  # fmt: skip


@pytest.mark.parametrize("ask", LIMITS, ids=lambda it: it.__name__)
def test_many_addresses_of_one_network_are_one(alice, settings, ask):
    settings.CHAT_GUESTS = True
    answers = [ask(Client(REMOTE_ADDR=address), n).status_code for n, address in enumerate(addresses())]
    assert (answers.count(429), answers[LIMITS[ask] - 1] == 429) == (ADDRESSES - LIMITS[ask], False)
    assert ask(Client(REMOTE_ADDR="2001:db8:0:8::1"), ADDRESSES).status_code != 429


def test_messages_that_are_sent_again_from_many_addresses_are_counted_together(program, alice, hall, settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_PER_ADDRESS = 0, 1
    browser, fields = program(alice), {"client_id": "6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11", "body": "again"}
    path, json = "/api/rooms/hall/messages/", "application/json"
    answers = [browser.post(path, fields, content_type=json, REMOTE_ADDR=it).status_code for it in addresses()]
    assert answers == [201, *[200] * 9, *[429] * (ADDRESSES - 10)]


def test_the_queue_for_passwords_counts_a_network(settings):
    queue = password_hashing.HashingQueue(length=ADDRESSES, per_address=3)
    places = [queue.slot(address) for address in addresses()]
    assert [place.__enter__() for place in places].count(True) == 3


async def test_ipv6_network_behind_a_proxy_is_one_address():
    seen = set()

    async def note(scope, receive, send):
        seen.add(limits.network_of(scope["client"][0]))

    site = TrustedProxies(note, proxies(["10.0.0.1"]))
    for address in addresses():
        headers = [(b"x-forwarded-for", f"[{address}]:443".encode())]
        await site({"type": "http", "client": ("10.0.0.1", 1), "headers": headers, "scheme": "http"}, None, None)
    assert seen == {f"{NETWORK}::/64"}


# An address is read here, and goes through `limits.network_of` before anything is counted by it.
READ_ADDRESSES = {"chat/consumers/chat.py", "chat/auth/login_throttle.py", "chatsite/server/django_handler.py"}
# These put it where it is read.
READ_ADDRESSES |= {"chatsite/server/handshake.py", "chatsite/server/forwarded.py"}


def reads_an_address(path):
    """Return whether a module names a holder of the request's address outside of docstrings."""
    return any(
        isinstance(node, ast.Constant) and node.value in ("REMOTE_ADDR", "client", "HTTP_X_FORWARDED_FOR")
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_addresses_are_read_in_few_places():
    modules = [path for folder in ("chat", "chatsite") for path in (ROOT / folder).rglob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in modules if reads_an_address(path)}
    assert {path for path in found if not path.startswith("chat/terminal/")} == READ_ADDRESSES


def test_a_person_in_the_same_network_can_still_join(alice, settings):
    """By a right password: what was wrong at other names does not count against it."""
    for number, address in enumerate(addresses()[:40]):
        sign_in(Client(REMOTE_ADDR=address), number)
    fields = {"username": "alice", "password": PASSWORD}
    assert Client(REMOTE_ADDR=addresses()[0]).post("/accounts/login/", fields).status_code == 302

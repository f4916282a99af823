"""The cost of a refused request at every URL: no hash, no normalisation of long text, no query but for the person."""

import itertools
import json
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection, transaction
from django.test import Client

from chat.auth import ownership
from chat.exports.streaming import Download
from chat.rate_limits import limits
from tests.cast import PASSWORD
from tests.matrix.cast import PRIVATE, PUBLIC, Scene
from tests.matrix.test_http import BODIES, HEADERS, asked

MAX_NORMALISED = 200
# The session and its person.
IDENTITY = 2
# More than any field takes, and what is dearest to normalise.
HOSTILE = "a" + "\u0315\u0300" * 2000
FORM = dict.fromkeys(("name", "username", "password", "email", "topic", "label", "reason", "old_password"), HOSTILE)
BODY = dict.fromkeys(("name", "username", "password", "reason", "body"), HOSTILE)
BROWSER = {"User-Agent": "é" * 5000}
FOREIGN = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
# The answers to a stranger. Each has a line in LIMITED below, or costs nothing.
OPEN = {
    "GET /", "GET /accounts/login/", "GET /accounts/password_reset/", "GET /accounts/password_reset/done/",
    "GET /accounts/reset/done/", "GET /accounts/reset/…/…/", "GET /accounts/signup/", "GET /admin/login/",
    "GET /api/",
    "GET /api/openapi.json", "GET /emoji/….json", "GET /healthz", "GET /manifest.webmanifest", "GET /readyz",
    "GET /service-worker.js", "GET /branding/accent.css", "GET /branding/logo", "GET /invite/…/",
    "GET /admin/password_change/", "GET /accounts/password_change/done/",
    "POST /api/hooks/…/",  # anyone who knows this address is no stranger; wrong ones are counted, see tests/bots
}  # fmt: skip


@dataclass
class Spent:
    hashes: int = 0
    normalised: int = 0
    queries: int = 0


@pytest.fixture
def spent(monkeypatch):
    """Return the cost since the start. `with` around a request starts at zero."""
    spent = Spent()
    normalize, encode = unicodedata.normalize, MD5PasswordHasher.encode

    def count_characters(form, text):
        spent.normalised = max(spent.normalised, len(text))
        return normalize(form, text)

    def count_hash(self, *given):
        spent.hashes += 1
        return encode(self, *given)

    monkeypatch.setattr(unicodedata, "normalize", count_characters)
    monkeypatch.setattr(MD5PasswordHasher, "encode", count_hash)
    return spent


@contextmanager
def watched(spent):
    def count_query(execute, sql, params, many, context):
        spent.queries += not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))
        return execute(sql, params, many, context)

    spent.hashes = spent.normalised = spent.queries = 0
    with connection.execute_wrapper(count_query):
        yield


@pytest.fixture
def scene(db, settings):
    settings.CHAT_GUESTS = settings.CHAT_METRICS = True
    settings.CHAT_METRICS_TOKEN = "secret"
    scene = Scene()
    assert ownership.has_owner()  # each process asks this once
    return scene


def send(browser, method, address, **more):
    headers = BROWSER | HEADERS | more
    if address.startswith("/api/"):
        body = json.dumps(BODY, ensure_ascii=False) if method != "GET" else ""
        return browser.generic(method, f"{address}?q={'é' * 900}", body, "application/json", headers=headers)
    if method == "POST":
        return browser.post(address, FORM, headers=headers)
    return browser.get(address, {"q": "é" * 900, "room": "é" * 900}, headers=headers)


def costly(scene, spent, browser, allowed):
    """Return the URLs whose refusals cost too much, and those that refuse nothing."""
    wrong, answered = {}, set()
    for name, method, address, _ in asked(scene):
        cookies = dict(browser.cookies)
        with transaction.atomic():
            with watched(spent):
                answer = send(browser, method, address)
            transaction.set_rollback(True)
        browser.cookies.clear()
        browser.cookies.update(cookies)
        Download.forget_all()
        limits.reset()
        if answer.status_code < 300 or name in OPEN:
            answered.add(name)
        elif spent.hashes or spent.normalised > MAX_NORMALISED or spent.queries > allowed:
            wrong[name] = f"{answer.status_code} {spent}"
    return wrong, answered


def test_refusing_a_stranger_costs_nothing(scene, spent):
    browser = Client(raise_request_exception=False, enforce_csrf_checks=True)
    wrong, answered = costly(scene, spent, browser, allowed=0)
    assert wrong == {}
    assert answered - OPEN == set(), "what is open to strangers stands in OPEN, and its limits in LIMITED"


def test_refusing_a_page_of_another_site_costs_no_more_than_authentication(scene, spent):
    """Use the cookies of a superuser, without the site's CSRF token."""
    browser = Client(raise_request_exception=False, enforce_csrf_checks=True)
    browser.force_login(scene.people["staff"])
    for name, method, address, _ in asked(scene):
        if method == "GET":
            continue
        with watched(spent):
            answer = send(browser, method, address, **FOREIGN)
        assert answer.status_code in (400, 403, 404, 405, 413, 415, 302), name
        assert (spent.hashes, spent.normalised <= MAX_NORMALISED, spent.queries <= IDENTITY) == (0, True, True), name


# ---- Limits


def exhaust(buckets, key):
    while not buckets.take(key):
        pass


ADDRESS = "127.0.0.1"
MESSAGES = f"/api/rooms/{PUBLIC}/messages/"
# Rate limits. By address: the fields that are sent, the limit that is used up, and the key that it counts by.
LIMITED = {
    "/join/": ({"name": "Newcomer"}, limits.guests, "address"),
    "/accounts/signup/": (FORM, limits.guests, "address"),
    "/api/join/": ({"name": "Newcomer"}, limits.guests, "address"),
    "/accounts/login/": ({"username": "owner", "password": PASSWORD}, limits.sign_ins, "address"),
    "/admin/login/": ({"username": "owner", "password": PASSWORD}, limits.sign_ins, "address"),
    "/api/token/": ({"username": HOSTILE, "password": HOSTILE}, limits.sign_ins, "address"),
    "/accounts/password_reset/": ({"email": "owner@example.org"}, limits.resets, "address"),
    "/csp-report/": ({}, limits.violations, "address"),
    "/accounts/profile/": (FORM, limits.posts, "person"),
    f"/rooms/{PUBLIC}/settings/": (FORM, limits.posts, "person"),
    f"/rooms/{PUBLIC}/join/": ({}, limits.posts, "person"),
    "/accounts/password_change/": ({"old_password": PASSWORD}, limits.failures_by_source, "own"),
    "/accounts/email/": ({"password": PASSWORD}, limits.failures_by_source, "own"),
    "/accounts/delete/": ({"password": PASSWORD}, limits.failures_by_source, "own"),
    MESSAGES: ({"client_id": "6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11", "body": HOSTILE}, limits.posts, "person"),
    "/api/rooms/": ({"name": HOSTILE[:40]}, limits.rooms, "person"),
    f"{MESSAGES}1/report/": ({"reason": "rude"}, limits.reports, "person"),
    f"/api/rooms/{PRIVATE}/messages/1/report/": ({"reason": "rude"}, limits.reports, "person"),
    "/api/direct/": ({"people": []}, limits.posts, "person"),
    "/api/bots/": ({"name": HOSTILE[:40]}, limits.bots, "person"),
    "/accounts/bots/": (FORM, limits.bots, "person"),
    f"/api/rooms/{PUBLIC}/webhooks/": ({"name": "X"}, limits.bots, "person"),
    "/api/people/": (None, limits.lookups, "person"),
    "/api/push/": (BODIES["/api/push/"], limits.pushes, "person"),
    "/invitations/": ({"days": "7"}, limits.posts, "person"),
    "/api/invitations/": ({"room": PUBLIC}, limits.invitations, "person"),
    f"/api/rooms/{PUBLIC}/people/": ({"name": HOSTILE[:100]}, limits.invitations, "person"),
    f"/api/rooms/{PUBLIC}/requests/": ({"note": "please"}, limits.join_requests, "person"),
    "/search/": (None, limits.searches, "person"),
    "/api/search/": (None, limits.searches, "person"),
}
OF_STRANGERS = {path for path, (_, _, by) in LIMITED.items() if by == "address"}
# Pages that are asked for with a form of one's own, which is shown again: they read what is on it.
SHOWN_AGAIN = {"/accounts/password_change/", "/accounts/email/", "/accounts/delete/", "/admin/login/"}


@pytest.mark.parametrize("path", LIMITED)
def test_throttled_request_costs_no_more_than_authentication(scene, spent, path):
    fields, buckets, by = LIMITED[path]
    person, browser = scene.people["owner"], Client(raise_request_exception=False)
    if by != "address":
        browser.force_login(person)
    keys = {"address": ADDRESS, "person": person.pk, "own": limits.joined("own", person.pk)}
    exhaust(buckets(), keys[by])
    with watched(spent):
        if fields is None:
            answer = browser.get(path, {"q": "hello in:ops from:bob"}, headers=BROWSER)
        elif path.startswith(("/api/", "/csp-report/")):
            answer = browser.post(path, fields, content_type="application/json", headers=BROWSER)
        else:
            answer = browser.post(path, fields, headers=BROWSER)
    assert answer.status_code == 429 or path in SHOWN_AGAIN
    assert (spent.hashes, spent.normalised <= MAX_NORMALISED) == (0, True)
    assert spent.queries <= (0 if by == "address" else IDENTITY + 6 * (path in SHOWN_AGAIN))


@pytest.mark.parametrize(("name", "password"), [("a" * 200, PASSWORD), (HOSTILE, "x"), ("owner", "x" * 5000)])
@pytest.mark.parametrize("path", ["/api/token/", "/accounts/login/", "/admin/login/"])
def test_an_overlong_name_or_password_is_not_hashed(scene, spent, path, name, password):
    fields, kind = {"username": name, "password": password}, {}
    if path.startswith("/api/"):
        kind = {"content_type": "application/json"}
    with watched(spent):
        answer = Client().post(path, fields, **kind)
    assert answer.status_code == (401 if kind else 200)
    assert (spent.hashes, spent.normalised <= MAX_NORMALISED) == (0, True)


def test_a_new_password_has_a_length(client, db):
    fields = {"name": "Newcomer", "password1": "x9 " * 2000, "password2": "x9 " * 2000}
    assert (
        "Your password can have at most 4,096 characters." in client.post("/accounts/signup/", fields).content.decode()
    )


# ---- Unknown names (sockets are in tests/socket/test_admission.py)


@pytest.mark.parametrize("query", ["in:ops hello", "in:nowhere hello", "from:nobody"])
def test_a_search_that_finds_no_such_name_is_counted(signed_in, carol, ops, settings, query):
    settings.CHAT_SEARCHES_PER_MINUTE = 3
    browser = signed_in(carol)
    found = [browser.get("/api/search/", {"q": query}).status_code for _ in range(5)]
    assert found == [404, 404, 404, 429, 429]
    assert browser.get("/search/", {"q": query}).status_code == 429


def test_addresses_of_the_table_are_of_the_site(scene):
    known = {address for _, _, address, _ in asked(scene)}
    assert set(LIMITED) - known <= {f"/api/rooms/{slug}/messages/1/report/" for slug in (PUBLIC, PRIVATE)}
    assert set(itertools.chain(OF_STRANGERS)) <= known

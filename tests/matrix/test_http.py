"""Every address of the resolver, by every method that does something, for every role."""

import json
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client

from chat.api.urls import urlpatterns as api_patterns
from chat.exports.streaming import Download
from chat.protocol import Code
from tests.cast import PASSWORD
from tests.fuzz.pages import addresses
from tests.matrix import table
from tests.matrix.cast import PRIVATE, ROLES, Scene

# The bodies of requests. Without one, a URL would answer everyone that it is missing.
FORMS = {
    "/join/": {"name": "Newcomer"},
    "/rooms/": {"name": "New room", "visibility": "private"},
    "/accounts/login/": {"username": "bob", "password": PASSWORD},
    "/admin/login/": {"username": "bob", "password": PASSWORD},
    "/accounts/theme/": {"theme": "dark"},
    "/accounts/picture/": {"remove": "on"},
    "/saved/": {"room": "ops", "seq": "1"},
    "/rooms/{}/invite/": {"days": "7", "max_uses": "25", "role": "member"},
    "/rooms/{}/add/": {"name": "other of all"},
    "/rooms/{}/requests/%(request_id)s/": {"outcome": "accepted"},
    "/accounts/bots/": {"bot_name": "New bot"},
    "/accounts/bots/%(bot_id)s/": {"label": "CI", "scopes": ["read"], "room": "", "days": "0"},
    "/accounts/bots/%(bot_id)s/webhooks/": {"url": "https://example.org/"},
    "/accounts/bots/%(bot_id)s/webhooks/%(webhook_id)s/": {"url": "https://example.org/"},
    "/accounts/bots/%(bot_id)s/webhooks/%(webhook_id)s/commands/": {"name": "/ship"},
    "/rooms/{}/webhooks/": {"label": "CI", "bot": "new", "name": "New bot"},
    "/invitations/": {"days": "7", "max_uses": "25"},
    "/rooms/{}/settings/": {"name": "Renamed", "keep_days": "30"},
}
BODIES = {
    "/api/join/": {"name": "Newcomer"},
    "/api/token/": {"username": "bob", "password": PASSWORD},
    "/api/bots/": {"name": "New bot"},
    "/api/hooks/%(secret)s/": {"text": "hello"},
    "/api/bots/%(bot_id)s/tokens/": {"label": "CI"},
    "/api/bots/%(bot_id)s/webhooks/": {"url": "https://example.org/"},
    "/api/bots/%(bot_id)s/webhooks/%(webhook_id)s/": {"label": "Notices"},
    "/api/bots/%(bot_id)s/commands/": {"name": "ship", "webhook": 999},
    "/api/rooms/{}/webhooks/": {"name": "New bot"},
    "/api/direct/": {"people": []},
    "/api/avatar/": {"file": None},
    "/api/files/%(key)s/": {"alt": "a map"},
    "/api/push/": {"endpoint": "https://push.example.org/x", "p256dh": f"BA{'A' * 85}", "auth": f"{'A' * 21}g"},
    "/api/rooms/": {"name": "New room"},
    "/api/rooms/{}/messages/": {"body": "hello"},
    "/api/rooms/{}/notifications/": {"level": "nothing"},
    "/api/rooms/{}/": {"topic": "New"},
    "/api/rooms/{}/archived/": {"archived": True},
    "/api/rooms/{}/retention/": {"days": 30},
    "/api/rooms/{}/messages/%(seq)s/report/": {"reason": "rude"},
    "/api/rooms/{}/messages/%(seq)s/unfurl/": {"url": "https://example.org/map"},
    "/api/rooms/{}/reports/%(report_id)s/resolve/": {"outcome": "dismissed"},
    "/api/rooms/{}/people/": {"name": "other of all"},
    "/api/rooms/{}/requests/%(request_id)s/": {"outcome": "accepted"},
    "/api/invitations/": {"room": PRIVATE},
    "/api/invitations/use/": {"code": "1-1.x"},
    "/api/rooms/{}/people/%(person_id)s/mute/": {"seconds": 600},
    "/api/rooms/{}/people/%(person_id)s/clean-up/": {"newest": 10},
    "/api/rooms/{}/people/%(person_id)s/role/": {"role": "moderator"},
}
# Uploads need the version of their protocol.
HEADERS = {"Tus-Resumable": "1.0.0", "Upload-Length": "7"}
QUERIES = {"/api/search/": "?q=hello", "/search/": "?q=hello"}


@pytest.fixture
def scene(db, settings):
    settings.CHAT_GUESTS, settings.CHAT_SIGN_INS_PER_MINUTE, settings.CHAT_GUESTS_PER_MINUTE = True, 0, 0
    settings.CHAT_POSTS_PER_SECOND = settings.CHAT_INVITES_PER_DAY = settings.CHAT_WRONG_TOKENS_PER_MINUTE = 0
    return Scene()


def methods(address):
    if not address.startswith("/api/"):
        return ["GET", "POST"]
    route = next((it for it in api_patterns if it.pattern.match(address.removeprefix("/api/"))), None)
    return [it for it in route.callback.handlers if it not in ("OPTIONS", "PATCH")]


def asked(scene):
    """Yield (name in the table, method, URL, pattern), once for each room if the URL contains one."""
    first, *_ = places = {slug: scene.places(slug) for slug in scene.rooms}
    for address in dict.fromkeys(map(str, addresses())):
        for slug in places if "%(slug)s" in address else [first]:
            here = address % {name: quote(value) for name, value in places[slug].items()}
            shown = (address % {**dict.fromkeys(places[slug], "…"), "slug": slug}) if "%(" in address else address
            for method in methods(here):
                yield f"{method} {shown}", method, here, address.replace("%(slug)s", "{}")


def send(browser, method, address, pattern):
    if address.startswith("/api/"):
        body = json.dumps(BODIES.get(pattern, {})) if method != "GET" else ""
        address += QUERIES.get(pattern, "") if method == "GET" else ""
        return browser.generic(method, address, body, "application/json", headers=HEADERS)
    if method == "POST":
        return browser.post(address, FORMS.get(pattern, {}))
    return browser.get(address + QUERIES.get(pattern, ""))


def outcome(answer):
    """Return the status, or `in` for a redirect to the sign-in page. Check that a refusal of the API has a known
    code."""
    if answer.status_code == 302 and ("next=" in answer["Location"] or "/admin/login/" in answer["Location"]):
        return "in"
    if answer.status_code >= 400 and answer.get("Content-Type") == "application/json" and b'"error"' in answer.content:
        assert answer.json()["error"]["code"] in set(Code)
    return str(answer.status_code)


def browser_of(scene, role):
    browser = Client(raise_request_exception=False)
    if scene.people[role] is not None:
        browser.force_login(scene.people[role])
    return browser


def answers(scene, roles, requests):
    """Yield (name in the table, role, answer) for each request and role. Each request finds the scene as it was."""
    browsers = {role: browser_of(scene, role) for role in roles}
    cookies = {role: dict(browser.cookies) for role, browser in browsers.items()}
    for name, method, address, pattern in requests:
        for role, browser in browsers.items():
            with transaction.atomic():
                yield name, role, send(browser, method, address, pattern)
                Download.forget_all()
                transaction.set_rollback(True)
            browser.cookies.clear()
            browser.cookies.update(cookies[role])


def test_every_address_answers_every_role_as_the_table_says(scene):
    found, told = {}, []
    for name, role, answer in answers(scene, ROLES, asked(scene)):
        found.setdefault(name, {})[role] = outcome(answer)
        if role != "staff" and not answer.streaming and b"pending of all" in answer.content:
            told.append((name, role))
    assert told == [], "an account that waits for approval is shown"
    assert table.compare(table.read("http.txt"), found) > 1000

"""Links that leave the site begin with its own address, whatever a request contains."""

import json
import re

import pytest
import segno
from django.test import Client

from chat.auth import mail_queue
from chat.site_address import origin
from tests.cases import each
from tests.test_settings import python

SHOW = "import json; from chatsite import settings as it; print(json.dumps([it.SITE_URL, it.ALLOWED_HOSTS]))"
SITE = "https://chat.example.org"


@pytest.fixture
def production(settings):
    settings.DEBUG, settings.SITE_URL, settings.SITE_PORTS = False, "", frozenset({("chat.example.org", "8443")})
    settings.ALLOWED_HOSTS = ["chat.example.org", "127.0.0.1", "[::1]"]
    return settings


def link_in_mail(client, outbox, host):
    client.post("/accounts/password_reset/", {"email": "alice@example.org"}, headers={"host": host})
    mail_queue.wait()
    return re.search(r"https?://[^/]+", outbox[-1].body)[0] if outbox else None


def test_links_in_emails_ignore_the_port_of_the_request(client, alice, production, mailoutbox):
    assert link_in_mail(client, mailoutbox, "chat.example.org:666") is None
    assert link_in_mail(client, mailoutbox, "chat.example.org") == "http://chat.example.org"


def test_links_begin_with_site_url(client, signed_in, alice, hall, production, mailoutbox, monkeypatch):
    production.SITE_URL = SITE
    assert link_in_mail(client, mailoutbox, "chat.example.org:666") == SITE
    made, make = [], segno.make
    monkeypatch.setattr(segno, "make", lambda content, **options: made.append(content) or make(content, **options))
    signed_in(alice).get("/rooms/hall/qr.svg", headers={"host": "127.0.0.1"})
    page = signed_in(alice).get("/rooms/hall/", headers={"host": "127.0.0.1"}).text
    assert {*made, *re.findall(r'value="(http[^"]+)" readonly', page)} == {f"{SITE}/rooms/hall/"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("chat.example.org", 200),
        ("chat.example.org:443", 200),
        ("chat.example.org:80", 200),
        ("chat.example.org:8443", 200),
        ("chat.example.org:8444", 400),
        ("127.0.0.1:8444", 200),
        ("[::1]:8444", 200),
        ("evil.example", 400),
    ],
)
def test_a_port_that_the_site_does_not_know_is_refused(client, db, production, host, status):
    assert client.get("/", headers={"host": host}).status_code == status
    production.SECURE_SSL_REDIRECT = True
    assert Client().get("/", headers={"host": host}).status_code == (301 if status == 200 else 400)


def test_development_and_probes_take_any_port(client, db, production):
    assert client.get("/healthz", headers={"host": "chat.example.org:8444"}).status_code == 200
    production.DEBUG = True
    assert client.get("/", headers={"host": "chat.example.org:8444"}).status_code == 200


def test_hosts_may_have_ports():
    run = python(SHOW, ALLOWED_HOSTS="chat.example.org:8443,[::1]:8000,[::1],.example.net")
    assert json.loads(run.stdout)[1] == ["chat.example.org", "[::1]", "[::1]", ".example.net"]


@each(
    ("given", "origin"),
    [
        ("https://chat.example.org/", SITE),
        ("https://chat.example.org:443", SITE),
        ("https://Chat.example.org:8443", f"{SITE}:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("", ""),
    ],
)
def test_an_address_is_an_origin(given, origin):
    assert json.loads(python(SHOW, SITE_URL=given).stdout)[0] == origin


@each(
    "value",
    [
        "chat.example.org",
        "ftp://chat.example.org",
        "https://",
        "https://chat.example.org/chat",
        "https://chat.example.org?a",
        "https://ada@chat.example.org",
        "https://chat.example.org:x",
        "https://elsewhere.example",
        "http://chat.example.org",
    ],
)
def test_invalid_site_url_stops_the_start(value):
    run = python(SHOW, SITE_URL=value, HTTPS="on", ALLOWED_HOSTS="chat.example.org")
    assert run.returncode != 0
    assert "SITE_URL" in run.stderr.strip().splitlines()[-1]


@each(
    "site_url, hosts, is_https, expected",
    [
        (SITE, ["other.example.org"], True, SITE),
        ("", [".example.org", "*", "chat.example.org"], True, "https://chat.example.org"),
        ("", ["chat.example.org"], False, "http://chat.example.org"),
        ("", ["*"], True, "http://localhost:8000"),
    ],
)
def test_links_of_background_work_begin_with_a_configured_address(settings, site_url, hosts, is_https, expected):
    settings.SITE_URL, settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = site_url, hosts, is_https
    assert origin() == expected

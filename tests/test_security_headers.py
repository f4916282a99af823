"""The security headers of every response."""

import json

import pytest
from django.test import Client

from chat.models import Person
from chat.telemetry.counters import counts
from tests.cases import each
from tests.cast import PASSWORD

PAGES = [
    "/",
    "/accounts/login/",
    "/nowhere/",
    "/admin/login/",
    "/api/rooms/",
    "/healthz",
    "/manifest.webmanifest",
    "/service-worker.js",
]


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_is_closed_to_other_sites(client, db, page):
    headers = client.get(page).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    directives = dict(it.split(" ", 1) for it in policy.split("; "))
    for directive in ("default-src", "frame-ancestors", "base-uri"):
        assert directives[directive] == "'none'"
    for directive in ("script-src", "style-src", "connect-src", "form-action"):
        assert directives[directive] == "'self'"
    assert ("require-trusted-types-for 'script'" in policy) is not page.startswith("/admin/")


def test_admin_page_with_a_site_script_requires_trusted_types(client, db):
    assert "require-trusted-types-for 'script'" in client.get("/admin/live/")["Content-Security-Policy"]


def test_djangos_pages_for_developers_may_have_their_styles(client, db, settings):
    settings.DEBUG = True
    assert "Content-Security-Policy" not in client.get("/nowhere/")
    assert "Content-Security-Policy" in client.get("/")


@each("address", ["/rooms/hall/", "/accounts/profile/", "/admin/", "/admin/chat/message/", "/nowhere/"])
def test_pages_have_no_inline_script_or_style(alice, hall, address):
    staff = Person.objects.create_superuser("chief", PASSWORD)
    browser = Client()
    browser.force_login(staff)
    page = browser.get(address).content.decode()
    for inline in ("<style", " style=", " onclick=", " onload=", "javascript:"):
        assert inline not in page
    for tag in page.split("<script")[1:]:
        assert " src=" in tag.split(">")[0] or 'type="application/json"' in tag.split(">")[0]


def test_a_page_that_fails_keeps_its_policy(client, db, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("chat.views.rooms.home_context", None)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_hsts_is_sent_over_tls_only(client, db, settings):
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    assert client.get("/", secure=True)["Strict-Transport-Security"] == "max-age=60; includeSubDomains"
    assert "Strict-Transport-Security" not in client.get("/")


# ---- Reports


def report(body, **headers):
    return Client(enforce_csrf_checks=True).post("/csp-report/", body, content_type="application/csp-report", **headers)


@each(
    ("directive", "counted"),
    [
        ("script-src-elem", "script-src"),
        ("img-src", "img-src"),
        ("made-up", "other"),
        (["x"], "other"),
        (None, "other"),
    ],
)
def test_a_report_is_counted_by_a_directive_that_we_know(db, directive, counted):
    before = counts.policy_violations[counted]
    assert report(json.dumps({"csp-report": {"effective-directive": directive}})).status_code == 204
    assert counts.policy_violations[counted] == before + 1


@each("body", [b"", b"[]", b"\xff", b"[" * 10_000, b'{"csp-report": 1}', b'{"other": {}}'])
def test_an_invalid_report_is_refused(db, body):
    assert report(body).status_code == 400


def test_reports_have_a_size_and_a_rate(db):
    assert report(b"x" * 20_000).status_code == 413
    assert [report(b"[]").status_code for _ in range(31)][-1] == 429
    assert report(b"[]", REMOTE_ADDR="198.51.100.1").status_code == 400

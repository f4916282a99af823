"""Errors of requests that reach no view."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import Http404

from chat.actions import accounts
from chat.views import errors


def test_unknown_address_is_a_page_with_a_way_out(client, db):
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert response.templates[0].name == "404.html"
    assert 'href="/"' in response.text


HANDLERS = [
    (lambda request: errors.bad_request(request, SuspiciousOperation("x")), 400, "bad_frame"),
    (lambda request: errors.csrf_failure(request, "CSRF cookie not set."), 403, "forbidden"),
    (lambda request: errors.not_found(request, Http404("x")), 404, "not_found"),
    (errors.server_error, 500, "unavailable"),
]


@pytest.mark.parametrize(("handler", "status", "code"), HANDLERS)
def test_people_get_a_page_and_programs_json(rf, handler, status, code):
    page, answer = handler(rf.get("/rooms/")), handler(rf.get("/api/rooms/"))
    assert page.status_code == answer.status_code == status
    assert "<h1>" in page.text
    assert answer.headers["Content-Type"] == "application/json"
    assert f'"code":"{code}"' in answer.text


def test_page_without_a_database_has_a_retry_delay(client, db, monkeypatch):
    def fail(*_, **__):
        raise OperationalError("database is locked")

    monkeypatch.setattr(accounts, "join_as_guest", fail)
    response = client.post("/join/", {"name": "ada"})
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "Your messages are safe." in response.text

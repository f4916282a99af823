"""Missing resources, malformed requests, and the one form of every error."""

from django.db import OperationalError
from django.test import Client

from chat import history
from chat.api.answers import STATUS
from chat.protocol import Code
from tests.api.client import HALL, assert_refused
from tests.cases import each


@each("method", ["get", "head", "post", "put", "patch", "delete", "options"])
@each("path", ["/api/rooms", "/api/nothing/", "/api/rooms/a%00/messages/", "/api/rooms/a/b/c/"])
def test_unknown_address_is_refused_in_json(db, method, path):
    response = getattr(Client(), method)(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"
    if method != "head":
        assert_refused(response, 404, "not_found")


@each(
    ("method", "path", "allowed"),
    [
        ("get", "/api/join/", "POST"),
        ("get", "/api/token/", "POST"),
        ("patch", "/api/rooms/", "GET, POST"),
        ("delete", HALL, "GET, POST"),
        ("options", HALL, "GET, POST"),
        ("trace", HALL, "GET, POST"),
    ],
)
def test_other_methods_are_refused_with_those_there_are(db, method, path, allowed):
    response = getattr(Client(), method)(path)
    assert_refused(response, 405, "bad_frame")
    assert response["Allow"] == allowed


@each(
    ("method", "path", "fields", "field"),
    [
        ("post", HALL, {}, "body"),
        ("post", HALL, {"body": 1}, "body"),
        ("post", HALL, {"body": "hi", "files": ["a", 1]}, "files"),
        ("post", HALL, {"body": "hi", "client_id": "1"}, "client_id"),
        ("post", "/api/rooms/", {"name": "\u200b"}, "name"),
        ("post", "/api/rooms/", {"name": "Hall"}, "name"),
        ("post", "/api/rooms/hall/people/", {"name": "no one"}, "name"),
        ("post", "/api/rooms/hall/people/", {"person": 0}, "person"),
        ("get", "/api/rooms/", {"limit": "many"}, "limit"),
        ("post", HALL, [], None),
        ("post", HALL, {"body": " "}, None),
    ],
)
def test_refusal_names_the_wrong_field(program, alice, hall, method, path, fields, field):
    kind = {"content_type": "application/json"} if method == "post" else {}
    answer = getattr(program(alice), method)(path, fields, **kind)
    assert answer.status_code in (400, 404, 409)
    assert answer.json()["error"].get("field") == field


def test_unavailable_database_gets_a_retry_delay(program, bob, hall, monkeypatch):
    def fail(*args: object, **kwargs: object) -> None:
        raise OperationalError("server closed the connection")

    client = program(bob)
    assert client.get(HALL).status_code == 200
    monkeypatch.setattr(history, "page", fail)
    response = client.get(HALL)
    assert_refused(response, 503, "unavailable")
    assert response["Retry-After"] == "1"


def test_every_code_has_a_status():
    assert set(STATUS) == set(Code)


def test_answers_are_not_cached(program, bob, hall):
    for path in ("/api/rooms/", HALL, "/api/nothing/"):
        assert program(bob).get(path)["Cache-Control"] == "no-store"

"""The health checks of a process."""

import asyncio

import pytest
from django.db import OperationalError, connection

from chat.delivery.process import readiness
from chatsite.config.memory_layer import MemoryLayer


def test_healthz_makes_no_query(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok")


def test_ready_when_database_and_layer_answer(client, db):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ready": True, "obstacles": []})
    assert "no-store" in response["Cache-Control"]


def test_not_ready_while_draining_but_alive(client, db):
    readiness.process_state.draining = True
    response = client.get("/readyz")
    assert (response.status_code, response.json()["obstacles"]) == (503, ["draining"])
    assert client.get("/healthz").status_code == 200


def test_not_ready_without_the_database_but_alive(client, db, monkeypatch):
    def fail() -> None:
        raise OperationalError("could not connect to server")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", fail)
        response = client.get("/readyz")
        assert client.get("/healthz").status_code == 200
    assert (response.status_code, response.json()["obstacles"]) == (503, ["database"])


async def refuse(layer: object, group: str, message: object) -> None:
    raise ConnectionRefusedError("Redis is down")


async def hang(layer: object, group: str, message: object) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("group_send", [refuse, hang])
def test_not_ready_without_the_layer(client, db, monkeypatch, group_send):
    monkeypatch.setattr(MemoryLayer, "group_send", group_send)
    monkeypatch.setattr(readiness, "LAYER_TIMEOUT_SECONDS", 0.01)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["obstacles"]) == (503, ["channel layer"])


def test_an_outage_is_logged_once_when_it_begins_and_once_when_it_ends(client, db, monkeypatch, caplog):
    client.get("/readyz")
    caplog.clear()
    with monkeypatch.context() as patched:
        patched.setattr(MemoryLayer, "group_send", refuse)
        for _ in range(3):
            assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").status_code == client.get("/readyz").status_code == 200
    said = [record.getMessage() for record in caplog.records if record.name == "chat.delivery.process.readiness"]
    assert said == [
        "The channel layer is unavailable (ConnectionRefusedError: Redis is down). This process is not ready.",
        "The channel layer is available again.",
    ]


def test_probes_only_look(client, db):
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_ask_by_address_and_people_by_name(client, db, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    address = {"host": "10.0.0.7:8000"}
    assert client.get(path, headers=address).status_code == 200
    assert client.get("/", headers=address, secure=True).status_code == 400
    assert client.get("/", secure=True).status_code == 200

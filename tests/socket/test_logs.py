"""Log records about a socket have its id, and records for all sockets have none."""

import contextvars
import logging
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client

from chat import history
from chat.actions.accounts import issue_token
from chat.rate_limits import limits
from chat.telemetry import logs
from tests.logs import collected
from tests.socket.client import Socket

pytestmark = pytest.mark.django_db(transaction=True)


def of(event, lines):
    return [line["connection"] for line in lines if line.get("event") == event]


async def test_every_line_about_a_socket_carries_its_id(connect, alice, hall, monkeypatch):
    with collected() as lines:
        socket = await connect(alice, hall)
        await socket.post("hello")
        await socket.post("")
        await socket.ask("typing", on=True, nonsense=1)
        with monkeypatch.context() as patched:
            patched.setattr(limits, "take_post", lambda *_, **__: 1 / 0)
            assert (await socket.post("fails"))["code"] == "unavailable"
        await socket.leave()
    [connection] = of("connect", lines)
    assert {line.get("connection") for line in lines} == {connection}
    assert of("message", lines) == of("leave", lines) == [connection]
    [failure] = [line for line in lines if "traceback" in line]
    assert "ZeroDivisionError" in failure["traceback"]


async def test_two_sockets_of_a_person_have_ids_of_their_own(connect, alice, hall):
    with collected() as lines:
        await connect(alice, hall)
        await connect(alice, hall)
    assert len(set(of("connect", lines))) == 2


async def test_a_refused_connection_has_an_id_too_also_in_a_database_thread(delivery, alice, hall, monkeypatch):
    def fail(*_):
        logging.getLogger("chat.somewhere").warning("in the thread")
        raise OperationalError("gone")

    monkeypatch.setattr(history, "newest", fail)
    token = await sync_to_async(issue_token)(alice)
    with collected() as lines:
        await Socket(hall.slug, headers={"Authorization": f"Bearer {token}"}, history=20).refusal()
    [refused] = of("error", lines)
    about = [line for line in lines if line["logger"] in ("chat.somewhere", "chat.consumers.chat")]
    assert len(about) == 2
    assert {line["connection"] for line in about} == {refused}


async def test_log_lines_about_shared_work_have_no_connection_id(connect, delivery, alice, hall, monkeypatch):
    socket = await connect(alice, hall)
    feed = delivery.rooms.feeds[hall.pk]

    def fail(*_):
        raise OperationalError("gone")

    with collected() as lines:
        with monkeypatch.context() as patched:
            patched.setattr(history, "changes_after", fail)
            contextvars.copy_context().run(_heal_as_if_a_socket_asked, feed)
            await feed._catching_up
        await socket.ask("ping")
    [line] = [line for line in lines if line["logger"] == "chat.delivery.feed"]
    assert "connection" not in line


def _heal_as_if_a_socket_asked(feed):
    logs.connection_id.set("c1")
    feed.catch_up()


async def test_lines_about_a_private_room_have_its_id_and_not_its_name(connect, alice, bob, ops):
    token = await sync_to_async(issue_token)(bob)
    with collected() as lines:
        socket = await connect(alice, ops)
        await socket.post("hello")
        await socket.post("")
        await socket.leave()
        await sync_to_async(post_over_the_api)(token, ops)
    assert {line["room"] for line in lines if "room" in line} == {f"#{ops.pk}"}
    assert [line["event"] for line in lines if "room" in line] == ["connect", "message", "error", "leave", "message"]


def post_over_the_api(token, room):
    headers, body = {"Authorization": f"Bearer {token}"}, {"client_id": str(uuid.uuid4()), "body": "hello"}
    address = f"/api/rooms/{room.slug}/messages/"
    assert Client().post(address, body, content_type="application/json", headers=headers).status_code == 201

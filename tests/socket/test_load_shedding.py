"""Load shedding: when all clients of a dead server reconnect, some are admitted at once and the others soon."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from chat.actions.accounts import issue_token
from chat.delivery.admission import load_shedding
from chat.protocol import Close
from tests.socket.client import Socket


@pytest.fixture
def slow_admission(delivery, monkeypatch):
    """An event that admissions wait for."""
    is_open, read = asyncio.Event(), delivery.database.read

    async def wait_and_read(function, *arguments):
        if function.__name__ == "admit_all":
            await is_open.wait()
        return await read(function, *arguments)

    monkeypatch.setattr(delivery.database, "read", wait_and_read)
    return is_open


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def test_some_of_too_many_simultaneous_clients_are_asked_to_retry(
    delivery, slow_admission, monkeypatch, caplog, alice, bob, gil, hall
):
    monkeypatch.setattr(load_shedding, "MAX_ENTERING", 1)
    tokens = [await sync_to_async(issue_token)(person) for person in (alice, bob, gil)]
    first, *others = (Socket("hall", headers={"Authorization": f"Bearer {token}"}) for token in tokens)
    entering = asyncio.create_task(first.enter())
    await until(lambda: delivery.admission_limit._entering)
    for socket in others:
        error, code = await socket.refusal()
        assert (error["code"], code) == ("unavailable", Close.DRAINING)
        assert error["retry_after"] >= 1
    slow_admission.set()
    await entering
    again = await Socket("hall", headers={"Authorization": f"Bearer {tokens[1]}"}).enter()
    assert len([record for record in caplog.records if record.name == "chat.delivery.admission.load_shedding"]) == 1
    await first.leave()
    await again.leave()


async def test_a_refused_handshake_makes_room_for_the_next(delivery, connect, monkeypatch, bob, hall):
    monkeypatch.setattr(load_shedding, "MAX_ENTERING", 1)
    for _ in range(3):
        error, _ = await Socket("hall", headers={"Authorization": "Bearer wrong"}).refusal()
        assert error["code"] == "signed_out"
    await connect(bob, hall)


async def test_people_are_counted_once_however_many_lines_they_have(delivery, connect, alice, bob, hall):
    sockets = [await connect(person, hall) for person in (alice, alice, bob)]
    assert delivery.rooms.people_in(hall.pk) == 2
    await sockets[0].leave()
    await until(lambda: delivery.rooms.size == 2)
    assert delivery.rooms.people_in(hall.pk) == 2
    await sockets[1].leave()
    await until(lambda: delivery.rooms.size == 1)
    assert delivery.rooms.people_in(hall.pk) == 1

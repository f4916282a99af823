"""Sockets to the real application, over the real database, in this process."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from asgiref.sync import sync_to_async

from chat.actions.accounts import issue_token
from chat.delivery import access_check, service
from chat.delivery.service import Delivery
from tests.socket.client import PATIENCE_SECONDS, PlainSocket, Socket


@pytest.fixture
async def delivery(transactional_db, monkeypatch):
    """Start this process's delivery and end it after the test. Its periodic tasks run more often."""
    monkeypatch.setattr(access_check, "ACCESS_SECONDS", 0.1)
    for seconds in ("OTHERS_SECONDS", "UNREAD_SECONDS", "ONLINE_SECONDS"):
        monkeypatch.setattr(service, seconds, 0.1)
    delivery = Delivery.current()
    yield delivery
    await delivery.stop()


@pytest.fixture
async def connect(delivery):
    """`await connect(person, room, history=5)`: an admitted socket with its hello read."""
    async with AsyncExitStack() as stack:

        async def enter(person, room, **query):
            token = await sync_to_async(issue_token)(person)
            socket = Socket(room.slug, headers={"Authorization": f"Bearer {token}"}, **query)
            stack.push_async_callback(socket.leave)
            return await socket.enter()

        yield enter


@pytest.fixture
async def plain(delivery, monkeypatch):
    """`await plain("hall", name="ada", history=5)`: an admitted plain client, which gets no hello."""
    sockets, entered, enter_room = [], asyncio.Event(), delivery.enter

    async def enter_and_tell(*arguments, **options):
        connection = await enter_room(*arguments, **options)
        entered.set()
        return connection

    monkeypatch.setattr(delivery, "enter", enter_and_tell)

    async def enter(slug, **query):
        entered.clear()
        sockets.append(await PlainSocket(slug, **query).enter())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await entered.wait()
        return sockets[-1]

    yield enter
    for socket in sockets:
        await socket.leave()


@pytest.fixture
def program_headers():
    """Return the headers with which a program authenticates as this person."""

    async def headers(person):
        return {"Authorization": f"Bearer {await sync_to_async(issue_token)(person)}"}

    return headers

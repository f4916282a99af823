"""The cost of a delivery, counted and not timed: the parts that grow with the connections, and those that must not.

Statements of a batch are counted in test_batches.py, queries of admission in test_admission_batcher.py.
"""

import asyncio
import gc
import tracemalloc

import pytest

from chat.auth.authentication import Credential
from chat.delivery.connection import Connection
from chat.delivery.feed import Feed
from chat.delivery.pump import Pump
from chat.protocol import PersonData
from tests.simulated_room import Database, Log, settle

CONNECTIONS = 200
MESSAGES = 50
# Python objects and what they hold, not the server's own for the socket. Twice what it is.
IDLE_CONNECTION_BYTES = 8 * 1024


class Connections:
    """Connections to one room of a simple log. `sent` are the texts of each, as the server gets them."""

    def __init__(self):
        self.log = Log()
        self.feed = Feed(self.log.head, Database(self.log))
        self.sent, self.connections, self.tasks = [], [], []

    def open(self, number, *, at_once=False):
        for _ in range(number):
            texts = []
            self.sent.append(texts)
            try_send = (lambda text, texts=texts: texts.append(text) or True) if at_once else None
            pump = Pump(self.feed, self.feed.rev, self._sender(texts), try_send=try_send)
            person = PersonData(len(self.sent), f"guest {len(self.sent)}", True)
            credential = Credential(person.id, "mark", session_id="$key")
            self.connections.append(Connection(person, credential, self.feed.room_id, "hall", pump))
            self.feed.pumps.add(pump)
            self.tasks.append(asyncio.create_task(pump.run()))

    def _sender(self, texts):
        async def send(event):
            texts.append(event["text"])

        return send

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.feed.stop()


@pytest.fixture
async def connections():
    connections = Connections()
    yield connections
    await connections.close()


async def test_a_batch_is_one_frame_built_once_and_sent_once_to_each(connections):
    connections.open(CONNECTIONS)
    await settle()
    connections.feed.take(connections.log.commit(*range(1, MESSAGES + 1)))
    await settle()
    assert {len(texts) for texts in connections.sent} == {1}
    assert len({id(texts[0]) for texts in connections.sent}) == 1, "each has a text of its own"


async def test_late_clients_share_their_frame_too(connections):
    connections.open(CONNECTIONS)
    for seq in range(1, MESSAGES + 1):
        connections.feed.take(connections.log.commit(seq))
    await settle()
    assert {len(texts) for texts in connections.sent} == {1}
    assert len({id(texts[0]) for texts in connections.sent}) == 1


@pytest.mark.parametrize(("at_once", "futures"), [(False, CONNECTIONS), (True, 0)], ids=["by-the-task", "at-once"])
async def test_delivery_creates_no_task_and_a_future_only_to_wait(connections, at_once, futures):
    connections.open(CONNECTIONS, at_once=at_once)
    await settle()
    loop, begun = asyncio.get_running_loop(), []
    create_future = loop.create_future

    def count(kind, make, *arguments, **options):
        begun.append(kind)
        return make(*arguments, **options)

    loop.set_task_factory(lambda loop, coroutine, **options: count("task", asyncio.Task, coroutine, **options))
    loop.create_future = lambda: count("future", create_future)
    try:
        connections.feed.take(connections.log.commit(1))
        await settle()
    finally:
        loop.set_task_factory(None)
        del loop.create_future
    assert all(len(texts) == 1 for texts in connections.sent)
    assert begun.count("task") == 0
    assert begun.count("future") <= futures


async def test_simultaneous_changes_wake_a_waiting_pump_once(connections):
    connections.open(1)
    await settle()
    for seq in range(1, MESSAGES + 1):
        connections.feed.take(connections.log.commit(seq))
    await settle()
    [texts] = connections.sent
    assert len(texts) == 1


async def test_an_idle_connection_holds_little(connections):
    connections.open(1)
    await settle()
    gc.collect()
    tracemalloc.start()
    try:
        connections.open(CONNECTIONS)
        await settle()
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held / CONNECTIONS < IDLE_CONNECTION_BYTES

"""Broadcasts of a writing thread: they are sent with its answer, also if the caller is gone."""

import asyncio
import threading

import pytest

from chat import broadcast
from chat.delivery.process.db_threads import DatabaseThreads

EVENT = {"type": "room.moved"}


@pytest.fixture
async def threads():
    threads = DatabaseThreads()
    yield threads
    await asyncio.to_thread(threads.close)


@pytest.fixture
async def sent():
    """Record what is sent in this loop, and the thread."""
    found = []
    loop = asyncio.get_running_loop()
    broadcast.attach(loop, lambda group, event: found.append((group, event, threading.current_thread())))
    yield found
    broadcast.detach(loop)


async def test_broadcasts_are_sent_in_the_loop_before_the_answer(threads, sent):
    def write():
        broadcast.publish("room.1", EVENT)
        assert not sent
        return "answer"

    assert await threads.write(write) == "answer"
    assert sent == [("room.1", EVENT, threading.current_thread())]


async def test_who_waits_for_the_answer_has_their_turn_before_what_is_published_is_told(threads):
    loop, order = asyncio.get_running_loop(), []
    broadcast.attach(loop, lambda group, event: loop.call_soon(order.append, "told"))
    await threads.write(broadcast.publish, "room.1", EVENT)
    order.append("answered")
    broadcast.detach(loop)
    await asyncio.sleep(0)
    assert order == ["answered", "told"]


async def test_broadcasts_published_before_a_failure_are_sent(threads, sent):
    def write():
        broadcast.publish("room.1", EVENT)
        raise LookupError("and then")

    with pytest.raises(LookupError, match="and then"):
        await threads.write(write)
    assert len(sent) == 1


async def test_broadcasts_are_sent_although_the_caller_is_gone(threads, sent):
    began, goes_on = threading.Event(), threading.Event()

    def write():
        began.set()
        goes_on.wait(20)
        broadcast.publish("room.1", EVENT)

    waiting = asyncio.create_task(threads.write(write))
    await asyncio.to_thread(began.wait, 20)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    goes_on.set()
    await threads.write(lambda: None)  # it comes after
    assert len(sent) == 1


async def test_what_is_gathered_within_what_is_gathered_stays_apart():
    with broadcast.gathered() as outer:
        with broadcast.gathered() as inner:
            broadcast.publish("room.1", EVENT)
        broadcast.publish("room.2", EVENT)
    assert (inner, outer) == ([("room.1", EVENT)], [("room.2", EVENT)])

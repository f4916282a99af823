"""Broadcasts of a database thread: they are sent with its answer, even if the caller is gone."""

import asyncio
import threading

import pytest

from chat import broadcast
from chat.delivery.process.db_threads import DatabaseThreads

EVENT = {"type": "room.moved", "room": 1}


@pytest.fixture
def sent():
    """The events that were sent, and the thread of each."""
    return []


@pytest.fixture
async def threads(sent):
    threads = DatabaseThreads(lambda event: sent.append((event, threading.current_thread())))
    yield threads
    await asyncio.to_thread(threads.close)


async def test_broadcasts_are_sent_in_the_loop_before_the_answer(threads, sent):
    def write():
        broadcast._send(EVENT)
        assert not sent
        return "answer"

    assert await threads.write(write) == "answer"
    assert sent == [(EVENT, threading.current_thread())]


async def test_caller_of_a_write_continues_before_its_broadcasts_are_delivered(threads):
    loop, order = asyncio.get_running_loop(), []
    threads._publish = lambda event: loop.call_soon(order.append, "told")
    await threads.write(broadcast._send, EVENT)
    order.append("answered")
    await asyncio.sleep(0)
    assert order == ["answered", "told"]


async def test_broadcasts_published_before_a_failure_are_sent(threads, sent):
    def write():
        broadcast._send(EVENT)
        raise LookupError("and then")

    with pytest.raises(LookupError, match="and then"):
        await threads.write(write)
    assert len(sent) == 1


async def test_broadcasts_are_sent_although_the_caller_is_gone(threads, sent):
    began, goes_on = threading.Event(), threading.Event()

    def write():
        began.set()
        goes_on.wait(20)
        broadcast._send(EVENT)

    waiting = asyncio.create_task(threads.write(write))
    await asyncio.to_thread(began.wait, 20)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    goes_on.set()
    await threads.write(lambda: None)  # it comes after
    assert len(sent) == 1


async def test_broadcasts_of_two_writes_are_sent_once_each(threads, sent):
    first, second = EVENT, {**EVENT, "room": 2}
    await threads.write(broadcast._send, first)
    await threads.write(broadcast._send, second)
    assert [event for event, _ in sent] == [first, second]

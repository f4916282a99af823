"""The shutdown of a process in its event loop. tests/processes tests it from outside."""

import asyncio
import signal

import pytest
import uvicorn

from chat.delivery.process import sigterm
from chat.delivery.process.sigterm import end_tasks, on_sigterm


@pytest.fixture
def start(monkeypatch):
    """A starting uvicorn server with this many workers: it has the signal handler but does not listen yet."""
    monkeypatch.setattr(sigterm, "_start_exit_timer", lambda: None)
    monkeypatch.setattr(signal, "pthread_sigmask", lambda *change: None)
    before = signal.getsignal(signal.SIGTERM)

    def start(workers):
        server = uvicorn.Server(uvicorn.Config("chatsite.asgi:application", workers=workers))
        signal.signal(signal.SIGTERM, server.handle_exit)
        return server

    yield start
    signal.signal(signal.SIGTERM, before)


async def test_sigterm_during_the_start_drains_and_ends_the_worker(start):
    drained, worker = asyncio.Event(), start(workers=2)

    async def drain(stop_listening):
        stop_listening()
        drained.set()

    take_back = on_sigterm(drain)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(drained.wait(), 20)
    await asyncio.sleep(0)
    assert worker.should_exit
    take_back()


@pytest.mark.parametrize(("workers", "at_first"), [(1, True), (2, False)])
async def test_a_worker_on_a_shared_port_stops_accepting_at_once_and_any_other_when_it_decides(
    start, workers, at_first
):
    server, listening, drained = start(workers), [], asyncio.Event()
    listener = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    server.servers = [listener]

    async def drain(stop_listening):
        listening.append(listener.is_serving())
        stop_listening()
        listening.append(listener.is_serving())
        drained.set()

    take_back = on_sigterm(drain)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(drained.wait(), 20)
    await asyncio.sleep(0)
    assert listening == [at_first, False]
    take_back()


def test_a_stopped_loop_is_left_without_tasks():
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.Event().wait())
    loop.run_until_complete(asyncio.sleep(0))
    end_tasks(loop)
    assert task.cancelled()
    end_tasks(loop)
    loop.close()


def test_a_closed_loop_is_left_alone():
    loop = asyncio.new_event_loop()
    loop.close()
    end_tasks(loop)


async def test_a_running_loop_is_left_alone():
    task = asyncio.create_task(asyncio.Event().wait())
    end_tasks(asyncio.get_running_loop())
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()

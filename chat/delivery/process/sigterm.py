"""The end of the process: what it was asked is done and everybody is told, before the server's own handler runs."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from types import FrameType
from typing import Any

from chat.adapters.uvicorn import listeners_of, server_of

log = logging.getLogger(__name__)

# From SIGTERM to the end, whatever hangs. What supervises the process has to allow it more: deploy/ says 30.
LIMIT_SECONDS = 15.0


StopListening = Callable[[], None]


def on_sigterm(drain: Callable[[StopListening], Awaitable[None]]) -> Callable[[], None]:
    """Have `drain` awaited in the running loop when SIGTERM comes, and then whatever SIGTERM did until now.

    Both uvicorn and Daphne would close every socket at once. `drain` is given what has uvicorn listen no more, which it
    would until its very end. Where the server does not run in the main thread, as under the development server's
    reloader, signals cannot be handled and the end stays as it was. What is returned takes it back.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)
    draining: list[asyncio.Task[None]] = []

    async def drain_and_go(frame: FrameType | None) -> None:
        try:
            await drain(partial(_close_listeners, before))
        finally:
            _go_on_with(before, frame)

    def begin(frame: FrameType | None) -> None:
        """Once: the same signal may come from the parent process and to the whole group."""
        if not draining:
            _end_in_any_case()
            if _shares_its_port(before):  # another worker takes who comes now
                _close_listeners(before)
            draining.append(loop.create_task(drain_and_go(frame)))

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin, frame)

    def take_back() -> None:
        if signal.getsignal(signal.SIGTERM) is handle:
            signal.signal(signal.SIGTERM, before)

    signal.signal(signal.SIGTERM, handle)
    return take_back


def end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """What `asyncio.run` does last, for a loop that was only stopped.

    An interpreter that ends while there are tasks tears them down, and may crash over it.
    """
    if loop.is_closed() or loop.is_running():
        return
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.wait(tasks) if tasks else asyncio.sleep(0))


def _go_on_with(handler: Any, frame: FrameType | None) -> None:
    if not callable(handler):
        signal.signal(signal.SIGTERM, handler)
        os.kill(os.getpid(), signal.SIGTERM)
        return
    # When all is done, uvicorn raises the signal once more, with the handler of old: the process would seem killed.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    handler(signal.SIGTERM, frame)


def _shares_its_port(handler: Any) -> bool:
    """Whether uvicorn has several workers, which share one listening socket."""
    server = server_of(handler)
    return server is not None and server.config.workers > 1


def _close_listeners(handler: Any) -> None:
    for listener in listeners_of(server_of(handler)):
        listener.close()


def _end_in_any_case() -> None:
    """The server, and Python at its exit, would wait without end for a thread that waits for a database."""
    guard = threading.Timer(LIMIT_SECONDS, _end_now)
    guard.daemon = True
    guard.start()


def _end_now() -> None:
    log.warning("The shutdown took too long. The process exits now.")
    os._exit(0)  # nothing that was acknowledged is lost: what was not is asked for again elsewhere

"""Graceful shutdown on SIGTERM: the connections are drained before the server's own signal handler runs."""

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

# The longest time from SIGTERM to the exit, even if something hangs. A supervisor has to allow more: deploy/ has 30 s.
LIMIT_SECONDS = 15.0


StopListening = Callable[[], None]


def on_sigterm(drain: Callable[[StopListening], Awaitable[None]]) -> Callable[[], None]:
    """On SIGTERM, await `drain` in the running loop, then run the previous handler. Return a function that undoes this.

    Uvicorn and Daphne themselves would close every socket at once. `drain` gets a function that closes uvicorn's
    listening sockets, which uvicorn otherwise keeps open to the end. Outside the main thread, as under the development
    server's reloader, signals cannot be handled, and nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    previous = signal.getsignal(signal.SIGTERM)
    draining: list[asyncio.Task[None]] = []

    async def drain_and_exit(frame: FrameType | None) -> None:
        try:
            await drain(partial(_close_listeners, previous))
        finally:
            _run_previous(previous, frame)

    def begin(frame: FrameType | None) -> None:
        """Begin once. The parent process and the process group may both send the signal."""
        if not draining:
            _start_exit_timer()
            if _shares_its_port(previous):  # another worker accepts new connections
                _close_listeners(previous)
            draining.append(loop.create_task(drain_and_exit(frame)))

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin, frame)

    def restore() -> None:
        if signal.getsignal(signal.SIGTERM) is handle:
            signal.signal(signal.SIGTERM, previous)

    signal.signal(signal.SIGTERM, handle)
    return restore


def end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the tasks of a loop that was only stopped, as `asyncio.run` does at its end.

    An interpreter that exits with pending tasks destroys them, and may crash doing so.
    """
    if loop.is_closed() or loop.is_running():
        return
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.wait(tasks) if tasks else asyncio.sleep(0))


def _run_previous(handler: Any, frame: FrameType | None) -> None:
    if not callable(handler):
        signal.signal(signal.SIGTERM, handler)
        os.kill(os.getpid(), signal.SIGTERM)
        return
    # At its end uvicorn raises the signal again with the original handler, and the process would seem to be killed.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    handler(signal.SIGTERM, frame)


def _shares_its_port(handler: Any) -> bool:
    """Return whether uvicorn has several workers, which share one listening socket."""
    server = server_of(handler)
    return server is not None and server.config.workers > 1


def _close_listeners(handler: Any) -> None:
    for listener in listeners_of(server_of(handler)):
        listener.close()


def _start_exit_timer() -> None:
    """Exit after LIMIT_SECONDS. The server, and Python at its exit, would wait forever for a thread that hangs."""
    timer = threading.Timer(LIMIT_SECONDS, _exit_now)
    timer.daemon = True
    timer.start()


def _exit_now() -> None:
    log.warning("The shutdown took too long. The process exits now.")
    os._exit(0)  # no acknowledged message is lost, and clients send the others again elsewhere

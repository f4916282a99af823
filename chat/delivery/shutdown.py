"""The end of the process: what it was asked is done and everybody is told, before the server's own handler runs."""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any


def before_sigterm(drain: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Have `drain` awaited in the running loop when SIGTERM comes, and then whatever SIGTERM did until now.

    Both uvicorn and Daphne would close every socket at once. Where the server does not run in the main thread, as under
    the development server's reloader, signals cannot be handled and the end stays as it was. What is returned takes it
    back.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM)
    draining: list[asyncio.Task[None]] = []

    async def drain_and_go(frame: FrameType | None) -> None:
        try:
            await drain()
        finally:
            signal.signal(signal.SIGTERM, before)
            _call(before, frame)

    def handle(number: int, frame: FrameType | None) -> None:
        """A second SIGTERM is not waited for."""
        signal.signal(signal.SIGTERM, before)
        loop.call_soon_threadsafe(lambda: draining.append(loop.create_task(drain_and_go(frame))))

    def take_back() -> None:
        if signal.getsignal(signal.SIGTERM) is handle:
            signal.signal(signal.SIGTERM, before)

    signal.signal(signal.SIGTERM, handle)
    return take_back


def _call(handler: Any, frame: FrameType | None) -> None:
    if callable(handler):
        handler(signal.SIGTERM, frame)
    else:
        os.kill(os.getpid(), signal.SIGTERM)

"""Background tasks with an owner: referenced while they run, logged when they fail, cancelled at the end."""

import asyncio
import contextlib
import contextvars
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


# Between two runs of a round, however often it is asked for.
GAP_SECONDS = 0.05
CANCEL_AGAIN_SECONDS = 0.5


class Tasks:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        # In a context of its own: it works for the process, and must not log as if for the socket that began it.
        task = asyncio.get_running_loop().create_task(coroutine, name=name, context=contextvars.Context())
        self._running.add(task)
        task.add_done_callback(self._finished)
        return task

    async def cancel(self) -> None:
        """Cancel all and wait until they have ended. One that goes on is cancelled again: before Python 3.12 a
        cancellation may get lost in `asyncio.wait_for`, by which redis-py sends."""
        pending = set(self._running)
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed", task.get_name(), exc_info=error)


class PeriodicTask:
    """Something done again and again, about every `seconds`, and at once when it is asked for."""

    def __init__(self, function: Callable[[], Awaitable[None]], seconds: float):
        self._function, self._seconds = function, seconds
        self._wanted = asyncio.Event()

    def trigger(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        """Processes spread out by chance. A run that fails is followed by the next all the same; of failures in a row
        the first is logged."""
        failing = False
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds * random.uniform(0.8, 1.2)):  # noqa: S311
                    await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._function()
                failing = False
            except Exception:
                if not failing:
                    log.exception("%s failed. It will run again.", self._function.__qualname__)
                failing = True
                await asyncio.sleep(self._seconds)
            await asyncio.sleep(GAP_SECONDS)

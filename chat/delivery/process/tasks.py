"""Background tasks with an owner, which keeps a reference to each, logs its failure and cancels it at the end."""

import asyncio
import contextlib
import contextvars
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


# The least time between two runs of a periodic task, even if it is triggered more often.
GAP_SECONDS = 0.05
CANCEL_AGAIN_SECONDS = 0.5


class Tasks:
    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        # In its own context: the task works for the process, and must not log under the id of the socket that began it.
        task = asyncio.get_running_loop().create_task(coroutine, name=name, context=contextvars.Context())
        self._running.add(task)
        task.add_done_callback(self._finished)
        return task

    async def cancel(self) -> None:
        """Cancel all tasks and wait until they have ended. A task that goes on is cancelled again.

        Before Python 3.12 a cancellation may get lost in `asyncio.wait_for`, which redis-py uses to send.
        """
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
    """A function that runs about every `seconds`, and soon after each `trigger`."""

    def __init__(self, function: Callable[[], Awaitable[None]], seconds: float):
        self._function, self._seconds = function, seconds
        self._wanted = asyncio.Event()

    def trigger(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        """Run the function forever, at intervals that are randomized so that processes do not run it at the same time.

        A run that fails does not stop the task. Of failures in a row only the first is logged.
        """
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

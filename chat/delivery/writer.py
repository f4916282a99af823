"""Group commit: all commands that arrive during one transaction are executed in the next one.

Batches grow with the load: one request when idle, hundreds under load, for the cost of one commit either way.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable

from chat.actions import messages
from chat.actions.batch import Request
from chat.actions.messages import CommandOutcome
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import Tasks
from chat.errors import BUSY, RESTARTING, ActionError, unavailable
from chat.protocol import Code
from chat.telemetry.counters import counts

log = logging.getLogger(__name__)

MAX_BATCH = 400
MAX_WAITING = 5000

OnAnswer = Callable[[CommandOutcome], None]


# Turns of the event loop between two transactions under load. In these turns the loop sends the last changes and reads
# the next commands, which then share one transaction. Without them a transaction would hold a fraction of the commands,
# at the same cost for each connection.
TURNS_BETWEEN = 8


class Writer:
    """Executes requests in the order in which they arrive. There is one writer per process."""

    def __init__(self, database: DatabaseThreads):
        self._database = database
        self._waiting: deque[tuple[Request, OnAnswer, float]] = deque()
        self._tasks = Tasks()
        self._running: asyncio.Task[None] | None = None
        self._is_closing = False

    @property
    def waiting(self) -> int:
        """Return the number of requests for which no transaction has begun."""
        return len(self._waiting)

    def submit(self, request: Request, answer: OnAnswer) -> None:
        """Queue `request`. `answer` is called in the loop with its outcome, when it is durable or has failed.

        Raises `busy` when too many wait, and `unavailable` once the shutdown has begun. The request is executed even if
        its client disconnects meanwhile.
        """
        if self._is_closing:
            raise ActionError(Code.UNAVAILABLE, RESTARTING, retry_after=1.0)
        if len(self._waiting) >= MAX_WAITING:
            raise ActionError(Code.BUSY, BUSY, retry_after=1.0)
        self._waiting.append((request, answer, time.perf_counter()))
        if self._running is None or self._running.done():
            self._running = self._tasks.start(self._run(), "writer")

    async def flush(self) -> None:
        """Accept no more requests, and wait until everything submitted so far is answered."""
        self._is_closing = True
        if self._running is not None:
            await asyncio.wait([self._running])

    async def _run(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MAX_BATCH, len(self._waiting)))]
            outcomes = await self._execute([request for request, _, _ in batch])
            for (_, answer, submitted_at), outcome in zip(batch, outcomes, strict=True):
                try:
                    answer(outcome)
                    counts.answer_seconds.observe(time.perf_counter() - submitted_at)
                except Exception:  # one answer that fails must not stop the answers to other clients
                    log.exception("Could not send an answer")
            if len(batch) > 1:
                for _ in range(TURNS_BETWEEN):
                    await asyncio.sleep(0)

    async def _execute(self, requests: list[Request]) -> list[CommandOutcome]:
        try:
            return await self._database.write(messages.execute_batch, requests)
        except Exception:  # the outermost guard: one batch that fails unexpectedly must not end the writer
            log.exception("A batch of %d commands failed", len(requests))
            return [unavailable() for _ in requests]

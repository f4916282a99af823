"""Letting people in by the batch: those who come while others are let in come in together, at the same few queries."""

import asyncio

from django.db import Error
from django.http import HttpRequest

from chat.delivery.admission import access
from chat.delivery.admission.access import Admission, AdmissionRefused
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import Tasks

# In a rush a turn of the event loop, which is what passes between two batches, takes long, too.
MAX_TOGETHER = 1000

AdmissionRequest = tuple[HttpRequest, str]
Waiting = tuple[AdmissionRequest, asyncio.Future[Admission | AdmissionRefused]]


class AdmissionBatcher:
    """One per process. Nobody's handshake can keep others out: a batch that fails for what is in it is split."""

    def __init__(self, database: DatabaseThreads):
        self._database = database
        self._waiting: list[Waiting] = []
        self._tasks = Tasks()
        self._running: asyncio.Task[None] | None = None

    async def admit(self, handshake: HttpRequest, slug: str) -> Admission:
        """Raises Refusal, and what the database does."""
        future: asyncio.Future[Admission | AdmissionRefused] = asyncio.get_running_loop().create_future()
        self._waiting.append(((handshake, slug), future))
        if self._running is None or self._running.done():
            self._running = self._tasks.start(self._run(), "door")
        outcome = await future
        if isinstance(outcome, AdmissionRefused):
            raise outcome
        return outcome

    async def stop(self) -> None:
        await self._tasks.cancel()
        for _, future in self._waiting:
            future.cancel()

    async def _run(self) -> None:
        while self._waiting:
            batch = self._waiting[:MAX_TOGETHER]
            await self._admit(batch)
            del self._waiting[: len(batch)]  # not before: at the end nobody may be left waiting

    async def _admit(self, batch: list[Waiting]) -> None:
        try:
            outcomes = await self._database.read(access.admit_all, [visit for visit, _ in batch])
        except Exception as error:
            if len(batch) > 1 and not isinstance(error, Error):
                for waiting in batch:
                    await self._admit([waiting])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)

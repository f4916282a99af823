"""Request coalescing: handshakes that arrive during an admission are admitted together in the next, in few queries."""

import asyncio

from django.db import Error
from django.http import HttpRequest

from chat.delivery.admission import access
from chat.delivery.admission.access import Admission, AdmissionRefused
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import Tasks

# The largest batch. It is large because under load the turn of the event loop between two batches takes long.
MAX_TOGETHER = 1000

AdmissionRequest = tuple[HttpRequest, str]
Waiting = tuple[AdmissionRequest, asyncio.Future[Admission | AdmissionRefused]]


class AdmissionBatcher:
    """Admits handshakes in batches, one batcher per process.

    One handshake that raises cannot keep the others out: its batch is split and each is tried alone.
    """

    def __init__(self, database: DatabaseThreads):
        self._database = database
        self._waiting: list[Waiting] = []
        self._tasks = Tasks()
        self._running: asyncio.Task[None] | None = None

    async def admit(self, handshake: HttpRequest, slug: str) -> Admission:
        """Admit one handshake. Raises AdmissionRefused, and `django.db.Error` when the database fails."""
        future: asyncio.Future[Admission | AdmissionRefused] = asyncio.get_running_loop().create_future()
        self._waiting.append(((handshake, slug), future))
        if self._running is None or self._running.done():
            self._running = self._tasks.start(self._run(), "admission batcher")
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
            del self._waiting[: len(batch)]  # only now: until then `stop` has to find and cancel them

    async def _admit(self, batch: list[Waiting]) -> None:
        try:
            outcomes = await self._database.read(access.admit_all, [request for request, _ in batch])
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

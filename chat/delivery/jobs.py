"""Runs the jobs of the queue in threads of this process, and enqueues the scheduled tasks."""

import asyncio
import logging
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connections
from django_tasks import task_backends

from chat.actions.jobs import attempts, leases, queue, schedule
from chat.actions.jobs.backend import JobBackend
from chat.actions.jobs.queue import ClaimLimit
from chat.actions.jobs.writes import use_writer
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.readiness import process_state
from chat.delivery.process.tasks import PeriodicTask, Tasks
from chat.models import Job
from chat.telemetry.counters import counts

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
RELEASE_SECONDS = 30.0
SCHEDULE_SECONDS = 60.0
COUNT_SECONDS = 60.0
# The time that running jobs have to end in a shutdown. The connections are drained meanwhile.
DRAIN_SECONDS = 4.0


class Lane(NamedTuple):
    """Queues that share some threads. With a `lease`, only its holder works on them."""

    queues: tuple[str, ...]
    threads: int
    lease: str = ""


# Pictures are decoded one at a time in each process, so that they leave a processor for messages. Receivers of webhooks
# that do not answer hold no threads of emails and pushes.
LANES = (
    Lane(("default",), 2),
    Lane(("media",), 1),
    Lane(("mail", "http"), 4, leases.OUTBOUND),
    Lane(("webhooks",), 4, leases.OUTBOUND),
)


class JobRunner:
    """Claims due jobs, and runs each in a thread of its own. A thread ends with its job, so an idle process has none.

    `trigger` looks for due jobs at once. The process counts waiting jobs, also if another one is to run them.
    """

    def __init__(self, database: DatabaseThreads, worker_id: uuid.UUID):
        self._database, self._worker_id = database, worker_id
        self._tasks = Tasks()
        # By id and attempt: a worker that was paused may claim a job again while it still runs.
        self._running: dict[tuple[str, int], Lane] = {}
        # While one claims, another one or a release would not know of the jobs that it gets.
        self._claiming = asyncio.Lock()
        # The queues with waiting jobs at the last look, and the lanes with more of them than free threads.
        self._waiting: set[str] = set()
        self._backlog: set[Lane] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._drains_until: float | None = None
        self._look = PeriodicTask(self.look, LOOK_SECONDS)

    @property
    def periodic(self) -> list[PeriodicTask]:
        """Return what this process does: everything, only the scheduled tasks beside another backend, or only count."""
        does_work = process_state.does_background_work
        has_queue = isinstance(task_backends["default"], JobBackend)
        found = [PeriodicTask(self._enqueue_scheduled, SCHEDULE_SECONDS)] if does_work else []
        if has_queue and does_work:
            found += [self._look, PeriodicTask(self.release_lost, RELEASE_SECONDS)]
        if has_queue and settings.CHAT_METRICS:
            found += [PeriodicTask(self.count_failed, COUNT_SECONDS)]
            found += [] if does_work else [PeriodicTask(self._count, LOOK_SECONDS)]
        return found

    def trigger(self) -> None:
        self._look.trigger()

    async def look(self) -> None:
        """Count the waiting jobs, and claim as many as there are free threads."""
        await self._count()
        await self._claim([lane for lane in LANES if self._waiting & {*lane.queues}])

    async def _count(self) -> None:
        waiting = await self._database.read(queue.waiting)
        counts.jobs_waiting = {it.task: it.number for it in waiting}
        self._waiting = {it.queue for it in waiting}

    async def _claim(self, lanes: list[Lane]) -> None:
        async with self._claiming:
            if self._drains_until is not None:
                return
            taken = list(self._running.values())
            wanted = [ClaimLimit(it.queues, it.threads - taken.count(it), it.lease) for it in lanes]
            free = [it for it in wanted if it.number]
            jobs = await self._database.write(queue.claim, self._worker_id, free) if free else []
            for job in jobs:
                self._start(job)
            # More may wait behind as many as were wanted, or none. Then the end of a job leads to the next claim.
            full = {it.queues for it in wanted if sum(job.queue in it.queues for job in jobs) == it.number}
            self._backlog = {it for it in {*LANES} if it.queues in full or it in self._backlog - {*lanes}}

    # ---- Running

    def _start(self, job: Job) -> None:
        arguments = (job, asyncio.get_running_loop())
        # A daemon: a task that hangs must not keep the process from ending.
        threading.Thread(target=self._work, args=arguments, name=f"chat-job-{job.queue}", daemon=True).start()
        self._running[job.pk, job.attempts] = next(lane for lane in LANES if job.queue in lane.queues)
        self._idle.clear()

    def _work(self, job: Job, loop: asyncio.AbstractEventLoop) -> None:
        began_at = time.perf_counter()
        use_writer(partial(self._write, loop))
        try:
            attempts.run(job)
        except Exception:  # the outermost guard of the thread
            if self._drains_until is None:  # else it was released already, because it took too long
                log.exception("Could not record the end of job %s (%s). It will be released.", job.pk, job.task)
        finally:
            connections.close_all()
            counts.job_seconds.observe(time.perf_counter() - began_at)
            with suppress(RuntimeError):  # the loop is closed: the process ends
                loop.call_soon_threadsafe(self._ended, job)

    def _write(self, loop: asyncio.AbstractEventLoop, function: Callable[..., Any], *arguments: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(self._database.write(function, *arguments), loop).result()

    def _ended(self, job: Job) -> None:
        lane = self._running.pop((job.pk, job.attempts))
        if not self._running:
            self._idle.set()
        if lane in self._backlog:
            self._tasks.start(self._claim([lane]), "claim of jobs")

    # ---- Other periodic work

    async def release_lost(self) -> None:
        """Free jobs and leases that belong to no worker."""
        async with self._claiming:
            arguments = self._worker_id, [pk for pk, _ in self._running]
            if await self._database.read(queue.is_anything_lost, *arguments):
                await self._database.write(queue.release_lost, *arguments)

    async def count_failed(self) -> None:
        counts.jobs_failed = await self._database.read(queue.failed().count)

    async def _enqueue_scheduled(self) -> None:
        if await self._database.read(schedule.is_due):
            await self._database.write(schedule.enqueue_due)

    # ---- The end

    async def drain(self) -> None:
        """Claim no more jobs, and wait until those running have ended, for `DRAIN_SECONDS` after the first call."""
        self._drains_until = self._drains_until or time.monotonic() + DRAIN_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drains_until - time.monotonic()):
                async with self._claiming:  # what is being claimed is started
                    await self._idle.wait()
        if self._running:
            log.info("%d jobs have not ended. Other processes take them over.", len(self._running))

    async def stop(self) -> None:
        await self.drain()
        await self._tasks.cancel()

"""The statements of the queue: claim jobs, record how an attempt ended, free and remove jobs.

A worker holds a job while the job names it. What a worker did that was taken for dead meanwhile is discarded.
"""

import random
import uuid
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Now
from django.utils import timezone

from chat.actions.jobs import leases
from chat.actions.jobs.errors import WorkerLost
from chat.models import Job, Lease, Worker

MAX_ATTEMPTS = 12
FIRST_DELAY_SECONDS = 5.0
MAX_DELAY_SECONDS = 6 * 3600.0
TRACEBACK_CHARACTERS = 4000
# An email whose sending was interrupted may have been sent, so it is not sent again.
AT_MOST_ONCE = ("mail",)
KEPT = {Job.State.SUCCESSFUL: timedelta(hours=1), Job.State.FAILED: timedelta(days=14)}
# Rows removed in one transaction.
REMOVED = 1000


class ClaimLimit(NamedTuple):
    """Up to `number` jobs of these queues. With a `lease`, only its holder gets any."""

    queues: tuple[str, ...]
    number: int
    lease: str = ""


class Failure(NamedTuple):
    """An attempt that failed. Another one follows after `retry_seconds`. None: no other one."""

    error_class: str
    traceback: str
    retry_seconds: float | None


class QueueLength(NamedTuple):
    """The number of jobs of a task that are due and wait."""

    queue: str
    task: str
    number: int


def due(now: datetime | None = None) -> QuerySet[Job]:
    """Return the jobs to run. The database knows the time: the clocks of two workers may differ."""
    return Job.objects.filter(status=Job.State.READY, due_at__lte=now or Now())


def waiting() -> list[QueueLength]:
    rows = due().order_by().values_list("queue", "task").annotate(number=Count("pk"))
    return [QueueLength(*row) for row in rows]


def failed() -> QuerySet[Job]:
    return Job.objects.filter(status=Job.State.FAILED)


@transaction.atomic
def claim(worker_id: uuid.UUID, wanted: Sequence[ClaimLimit]) -> list[Job]:
    """Claim due jobs for a worker, those of a higher priority first, and return them as they are now.

    A worker without a row gets none: it was taken for dead, and would lose them.
    """
    if not Worker.objects.filter(pk=worker_id).exists():
        return []
    jobs = [job for it in wanted if not it.lease or leases.take(it.lease, worker_id) for job in _free(it)]
    now = timezone.now()
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(
        status=Job.State.RUNNING,
        claimed_by=worker_id,
        attempts=F("attempts") + 1,
        worker_ids=Concat("worker_ids", Value(f"{worker_id} ")),
        started_at=Coalesce("started_at", now),
        last_attempted_at=now,
    )
    for job in jobs:
        job.status, job.claimed_by, job.attempts = Job.State.RUNNING, worker_id, job.attempts + 1
        job.worker_ids += f"{worker_id} "
        job.started_at, job.last_attempted_at = job.started_at or now, now
    return jobs


def _free(wanted: ClaimLimit) -> QuerySet[Job]:
    """Return due jobs that no one is claiming. SQLite has no row locks, but one transaction at a time."""
    rows = due().filter(queue__in=wanted.queues).order_by("-priority", "due_at")
    return rows.select_for_update(skip_locked=True)[: wanted.number]


def finish(job: Job, end: Failure | Any) -> bool:
    """Record how the attempt of a claimed job ended: a `Failure`, or the value that the task returned.

    Update `job` as well. Return False and change nothing if the worker has lost the job.
    """
    fields = _failed(job.attempts, end) if isinstance(end, Failure) else _successful(end)
    held = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by, attempts=job.attempts)
    if not held.update(**fields):
        return False
    for name, value in fields.items():
        setattr(job, name, value)
    return True


def _successful(value: Any) -> dict[str, Any]:
    return {**_ended(Job.State.SUCCESSFUL), "return_value": value, "error_class": "", "traceback": ""}


def _failed(attempts: int, failure: Failure) -> dict[str, Any]:
    error = {"error_class": failure.error_class, "traceback": failure.traceback[-TRACEBACK_CHARACTERS:]}
    if failure.retry_seconds is None or attempts >= MAX_ATTEMPTS:
        return {**_ended(Job.State.FAILED), **error}
    delay = timedelta(seconds=min(failure.retry_seconds, MAX_DELAY_SECONDS))
    return {"status": Job.State.READY, "claimed_by": None, "due_at": Now() + delay, **error}


def _ended(state: str) -> dict[str, Any]:
    return {"status": state, "claimed_by": None, "finished_at": timezone.now()}


def delay_seconds(attempts: int, jitter: Callable[[float, float], float] = random.uniform) -> float:
    """Return the time until another attempt after `attempts` have failed, 20% more or less."""
    return float(min(FIRST_DELAY_SECONDS * 2**attempts, MAX_DELAY_SECONDS) * jitter(0.8, 1.2))


# ---- Jobs whose worker has ended


def release_all(worker_ids: Collection[uuid.UUID]) -> None:
    """Free the jobs of workers that have ended: they run again, but those that may run once only have failed."""
    _release(Job.objects.filter(claimed_by__in=worker_ids))


def is_anything_lost(worker_id: uuid.UUID, running: Collection[str]) -> bool:
    """Return whether `release_lost` would free anything. One statement."""
    jobs, held = _lost(worker_id, running)
    return bool(jobs.values_list("pk").union(held.values_list("pk"), all=True)[:1])


@transaction.atomic
def release_lost(worker_id: uuid.UUID, running: Collection[str]) -> None:
    """Free what belongs to no worker, and jobs that this worker claimed although it is not running them.

    Workers of the previous release remove the row of a dead worker only. A worker may fail to record how a job ended.
    """
    jobs, held = _lost(worker_id, running)
    leases.release(held)
    _release(jobs)


def _lost(worker_id: uuid.UUID, running: Collection[str]) -> tuple[QuerySet[Job], QuerySet[Lease]]:
    is_lost = ~Exists(Worker.objects.filter(pk=OuterRef("claimed_by")))
    is_forgotten = Q(claimed_by=worker_id) & ~Q(pk__in=running)
    jobs = Job.objects.filter(Q(is_lost) | is_forgotten, claimed_by__isnull=False)
    return jobs, Lease.objects.filter(is_lost, claimed_by__isnull=False)


def _release(jobs: QuerySet[Job]) -> None:
    for job in jobs.select_for_update(of=("self",)).order_by("pk"):
        retry = None if job.queue in AT_MOST_ONCE else delay_seconds(job.attempts)
        finish(job, Failure(_path_of(WorkerLost), str(WorkerLost.__doc__), retry))


def _path_of(error: type[BaseException]) -> str:
    return f"{error.__module__}.{error.__qualname__}"


# ---- Finished jobs


def remove_old(now: datetime | None = None) -> int:
    """Remove up to `REMOVED` finished jobs that are not kept any longer. Return their number."""
    now, removed = now or timezone.now(), 0
    for state, kept in KEPT.items():
        old = Job.objects.filter(status=state, finished_at__lt=now - kept).values_list("pk", flat=True)
        removed += Job.objects.filter(pk__in=list(old[: REMOVED - removed])).delete()[0]
    return removed

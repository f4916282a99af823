"""One attempt at a claimed job."""

import traceback
from typing import Any

from django_tasks.base import TaskContext, TaskResult
from django_tasks.signals import task_finished, task_started
from django_tasks.utils import normalize_json

from chat.actions.jobs import queue
from chat.actions.jobs.backend import JobBackend, result_of
from chat.actions.jobs.errors import GiveUp, RetryLater
from chat.actions.jobs.queue import Failure
from chat.actions.jobs.writes import write
from chat.models import Job

# What a task says about its end. Its text is for staff, and its traceback tells nothing.
DECISIONS = (RetryLater, GiveUp)


def run(job: Job) -> None:
    """Run the task, and record how that ended. Whatever the task raises is recorded.

    Raise only what the recording raises. The job then stays claimed, and `queue.release_lost` frees it.
    """
    try:
        result = result_of(job)
    except ImportError as error:  # a worker of another release has this task
        write(queue.finish, job, _failure(job, error, may_repeat=True))
        return
    task_started.send(JobBackend, task_result=result)
    try:
        value = normalize_json(_call(result))
    except Exception as error:  # the outermost guard of a task
        _end(job, _failure(job, error, may_repeat=job.queue not in queue.AT_MOST_ONCE))
    else:
        _end(job, value)


def _call(result: "TaskResult[Any]") -> Any:
    context = [TaskContext(task_result=result)] if result.task.takes_context else []
    return result.task.call(*context, *result.args, **result.kwargs)


def _failure(job: Job, error: Exception, *, may_repeat: bool) -> Failure:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, DECISIONS):
        # The error that led to the decision may name an address with a secret.
        error.__cause__ = error.__context__ = None
        return Failure(kind, _storable([str(error)]), error.seconds if isinstance(error, RetryLater) else None)
    return Failure(
        kind, _storable(traceback.format_exception(error)), queue.delay_seconds(job.attempts) if may_repeat else None
    )


def _storable(lines: list[str]) -> str:
    """Return the text without what PostgreSQL refuses: NUL, and surrogates."""
    return "".join(lines).replace("\0", "").encode(errors="replace").decode()


def _end(job: Job, end: Any) -> None:
    if write(queue.finish, job, end) and job.finished_at is not None:
        task_finished.send(JobBackend, task_result=result_of(job))

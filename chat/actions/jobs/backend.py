"""The backend of Django's tasks interface that stores tasks in the site's database. See `docs/background.md`.

`django_tasks` is the backport of `django.tasks`, which Django 6 has.
"""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued
from django_tasks.utils import normalize_json

from chat import broadcast


class JobBackend(BaseTaskBackend):
    """Tasks as rows of `Job`. A task that is enqueued in a transaction exists if the transaction commits."""

    supports_defer = True
    supports_priority = True
    supports_get_result = True

    def enqueue(self, task: "Task[Any, Any]", args: Any, kwargs: Any) -> "TaskResult[Any]":
        from chat.models import Job  # the class is imported by the first `@task`, perhaps before the models are ready

        self.validate_task(task)
        now = timezone.now()
        later = task.run_after if task.run_after is not None and task.run_after > now else None
        job = Job.objects.create(
            task=task.module_path,
            arguments=normalize_json({"args": args, "kwargs": kwargs}),
            queue=task.queue_name,
            backend=self.alias,
            priority=task.priority,
            run_after=task.run_after,
            due_at=later or Now(),
            created_at=now,
        )
        if later is None:
            _announce()
        result = result_of(job)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> "TaskResult[Any]":
        from chat.models import Job

        try:
            return result_of(Job.objects.get(pk=result_id))
        except Job.DoesNotExist as error:
            raise TaskResultDoesNotExist(result_id) from error


def _announce() -> None:
    """Wake the processes that run jobs, once for each transaction."""
    if not any(function is _publish for _, function, _ in transaction.get_connection().run_on_commit):
        transaction.on_commit(_publish)


def _publish() -> None:
    broadcast.publish(broadcast.jobs_waiting())


def result_of(job: Any) -> "TaskResult[Any]":
    """Return the state of a job as the tasks interface has it. Raise ImportError if its task is gone."""
    task = import_string(job.task).using(
        priority=job.priority, queue_name=job.queue, run_after=job.run_after, backend=job.backend
    )
    result: TaskResult[Any] = TaskResult(
        task=task,
        id=job.pk,
        status=TaskResultStatus(job.status),
        enqueued_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        last_attempted_at=job.last_attempted_at,
        args=job.arguments["args"],
        kwargs=job.arguments["kwargs"],
        backend=job.backend,
        errors=[TaskError(exception_class_path=job.error_class, traceback=job.traceback)] if job.error_class else [],
        worker_ids=job.worker_ids.split(),
    )
    object.__setattr__(result, "_return_value", job.return_value)
    return result


def enqueue_with_commit(task: "Task[Any, Any]", *args: Any) -> None:
    """Enqueue a task that exists only if the current transaction commits."""
    if isinstance(task.get_backend(), JobBackend):
        task.enqueue(*args)
    else:
        transaction.on_commit(partial(task.enqueue, *args))

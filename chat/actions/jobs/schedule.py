"""Tasks that run at intervals. Of all processes, the one that moves the time of a task enqueues it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.tasks import maintenance
from chat.models import ScheduledTask

SCHEDULE = {
    "prune": (maintenance.prune, timedelta(days=1)),
    "clearsessions": (maintenance.clear_sessions, timedelta(days=1)),
    "remove_unused_files": (maintenance.remove_unused_files, timedelta(hours=1)),
    "remove_stray_objects": (maintenance.remove_stray_objects, timedelta(days=1)),
    "remove_old_deliveries": (maintenance.remove_old_deliveries, timedelta(days=1)),
    "remove_old_jobs": (maintenance.remove_old_jobs, timedelta(minutes=15)),
}


def is_due() -> bool:
    """Return whether a task is due, or is not in the table yet. One statement."""
    times = dict(ScheduledTask.objects.values_list("name", "next_at"))
    now = timezone.now()
    return any(name not in times or times[name] <= now for name in SCHEDULE)


def enqueue_due() -> None:
    """Enqueue the tasks that are due. A task runs for the first time one interval after its row was added."""
    now = timezone.now()
    new = [ScheduledTask(name=name, next_at=now + interval) for name, (_, interval) in SCHEDULE.items()]
    ScheduledTask.objects.bulk_create(new, ignore_conflicts=True)
    for name, (task, interval) in SCHEDULE.items():
        with transaction.atomic():
            if ScheduledTask.objects.filter(name=name, next_at__lte=now).update(next_at=now + interval):
                enqueue_with_commit(task)

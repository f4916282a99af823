"""Background work: queued tasks, scheduled tasks, and the positions of followers in the logs of rooms."""

import secrets

from django.db import models
from django.utils import timezone

from chat.models.rooms import Room

LEASE_NAME_MAX_LENGTH = 40
TASK_MAX_LENGTH = 200
QUEUE_MAX_LENGTH = 32


def new_job_id() -> str:
    return secrets.token_hex(16)


class Job(models.Model):
    """A task in the queue, and for some time after it has ended. See `chat.actions.jobs.backend`.

    `attempts` counts the claims. A job that waits for another attempt is `READY` with attempts and an error.
    """

    class State(models.TextChoices):
        READY = "READY", "waiting"
        RUNNING = "RUNNING", "running"
        FAILED = "FAILED", "failed"
        SUCCESSFUL = "SUCCESSFUL", "done"

    id = models.CharField(primary_key=True, max_length=32, default=new_job_id, editable=False)
    # The dotted path of the task.
    task = models.CharField(max_length=TASK_MAX_LENGTH)
    # {"args": [...], "kwargs": {...}}
    arguments = models.JSONField(default=dict)
    queue = models.CharField(max_length=QUEUE_MAX_LENGTH)
    backend = models.CharField(max_length=QUEUE_MAX_LENGTH)
    priority = models.SmallIntegerField(default=0)
    # As asked for by the caller. `due_at` is when the next attempt is due.
    run_after = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=State, default=State.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    # The ids of the workers that have tried, separated by spaces.
    worker_ids = models.TextField(blank=True, default="")
    claimed_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    last_attempted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    return_value = models.JSONField(null=True, blank=True)
    # The dotted path of the exception of the last failed attempt, and the end of its traceback.
    error_class = models.CharField(max_length=TASK_MAX_LENGTH, blank=True, default="")
    traceback = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(priority__gte=-100, priority__lte=100), name="priority_from_minus_100_to_100"
            )
        ]
        indexes = [
            models.Index(models.F("priority").desc(), "due_at", name="jobs_due", condition=models.Q(status="READY")),
            models.Index(fields=["claimed_by"], name="jobs_claimed", condition=models.Q(claimed_by__isnull=False)),
            models.Index(fields=["finished_at"], name="jobs_finished", condition=models.Q(finished_at__isnull=False)),
            models.Index(fields=["finished_at"], name="jobs_failed", condition=models.Q(status="FAILED")),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.id}"


class ScheduledTask(models.Model):
    """A task that runs at intervals. The process that moves `next_at` when it is over enqueues the task."""

    name = models.CharField(primary_key=True, max_length=LEASE_NAME_MAX_LENGTH)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """Work that only one process may do at a time, such as running a follower. It ends when its worker is removed."""

    name = models.CharField(primary_key=True, max_length=LEASE_NAME_MAX_LENGTH)
    claimed_by = models.UUIDField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class FollowerCursor(models.Model):
    """The position up to which a follower has processed the log of a room. A room without a cursor starts at 0.

    A message with a `seq` above the cursor's is new. Any other one with a later `rev` was changed.
    """

    follower = models.CharField(max_length=LEASE_NAME_MAX_LENGTH)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    rev = models.PositiveBigIntegerField()
    seq = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["follower", "room"], name="one_cursor_per_follower_and_room")]

    def __str__(self) -> str:
        return f"{self.follower} in {self.room_id}: seq {self.seq}, rev {self.rev}"

"""The decisions of staff about failed jobs."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from chat import broadcast
from chat.actions import audit
from chat.actions.audit import Action
from chat.errors import ActionError
from chat.models import Job, Person
from chat.protocol import Code

PERMISSION = "chat.change_job"


def try_again(actor: Person, jobs: QuerySet[Job], *, reason: str = "") -> int:
    """Let these jobs run again at once, with all their attempts. Return how many have failed."""
    return _decide(actor, jobs, Action.RETRY_JOB, reason, _wait_again)


def discard(actor: Person, jobs: QuerySet[Job], *, reason: str = "") -> int:
    """Delete these jobs. Return how many have failed. The others stay."""
    return _decide(actor, jobs, Action.DISCARD_JOB, reason, lambda failed: failed.delete())


@transaction.atomic
def _decide(
    actor: Person, jobs: QuerySet[Job], action: Action, reason: str, act: Callable[[QuerySet[Job]], object]
) -> int:
    if not (actor.is_active and actor.has_perm(PERMISSION)):
        raise ActionError(Code.FORBIDDEN, "You don’t have permission to change tasks.")
    failed = list(jobs.filter(status=Job.State.FAILED).select_for_update())
    for job in failed:
        audit.record(actor, action, reason=reason, detail=str(job))
    act(Job.objects.filter(pk__in=[job.pk for job in failed]))
    return len(failed)


def _wait_again(failed: QuerySet[Job]) -> None:
    failed.update(status=Job.State.READY, attempts=0, worker_ids="", due_at=Now(), finished_at=None)
    broadcast.publish(broadcast.jobs_waiting())

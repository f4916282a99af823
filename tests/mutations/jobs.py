"""The rules of background work, and how each is broken."""

from tests.mutations.mutation import Mutation

QUEUE, ATTEMPTS = "chat/actions/jobs/queue.py", "chat/actions/jobs/attempts.py"
LEASES = "chat/actions/jobs/leases.py"
TESTS = ("tests/jobs/test_queue.py",)

JOBS = [
    Mutation(
        "The end of a job that a worker has lost is discarded",
        QUEUE,
        "filter(pk=job.pk, claimed_by=job.claimed_by, attempts=job.attempts)",
        "filter(pk=job.pk)",
        TESTS,
    ),
    Mutation(
        "The end of an earlier attempt is discarded",
        QUEUE,
        ", attempts=job.attempts)\n    if not held",
        ")\n    if not held",
        TESTS,
    ),
    Mutation(
        "An email that a dead worker was sending is not sent again",
        QUEUE,
        "None if job.queue in AT_MOST_ONCE else delay_seconds(job.attempts)",
        "delay_seconds(job.attempts)",
        TESTS,
    ),
    Mutation(
        "An email is not sent again after an unexpected error",
        ATTEMPTS,
        "may_repeat=job.queue not in queue.AT_MOST_ONCE",
        "may_repeat=True",
        TESTS,
    ),
    Mutation(
        "Two workers claim different jobs",
        QUEUE,
        "    rows = due().filter(queue__in=wanted.queues)",
        "    rows = Job.objects.filter(queue__in=wanted.queues)",
        TESTS,
    ),
    Mutation(
        "A worker that was taken for dead claims nothing",
        QUEUE,
        "    if not Worker.objects.filter(pk=worker_id).exists():\n        return []\n",
        "",
        TESTS,
    ),
    Mutation(
        "Only one process sends",
        LEASES,
        "        return bool(found[0] == worker_id)\n",
        "        return True\n",
        ("tests/jobs/test_leases.py",),
    ),
    Mutation(
        "Jobs of a dead worker run again",
        "chat/actions/presence.py",
        "        queue.release_all(worker_ids)\n",
        "",
        TESTS,
    ),
    Mutation(
        "A recorded error names no secret address",
        ATTEMPTS,
        "Failure(kind, _storable([str(error)]), error",
        "Failure(kind, _storable(traceback.format_exception(error)), error",
        TESTS,
    ),
    Mutation(
        "Only staff with the permission decide about failed jobs",
        "chat/actions/jobs/administration.py",
        "    if not (actor.is_active and actor.has_perm(PERMISSION)):\n",
        "    if False:\n",
        ("tests/jobs/test_admin.py",),
    ),
]

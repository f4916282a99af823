"""Jobs from the queue to their end, as the tasks interface shows them."""

import datetime
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist
from django_tasks.signals import task_finished

from chat import broadcast
from chat.actions import presence
from chat.actions.jobs import attempts, leases, queue, schedule
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.jobs.errors import GiveUp, RetryLater, WorkerLost
from chat.actions.jobs.queue import MAX_ATTEMPTS, ClaimLimit
from chat.delivery import jobs
from chat.models import Job, Lease, Worker
from tests.cases import each
from tests.jobs import samples
from tests.jobs.conftest import new_worker

pytestmark = pytest.mark.django_db
EVERYTHING = [ClaimLimit(("default", "mail", "http"), 20)]


def run_all(worker):
    """Claim what is due, run it here, and return the jobs."""
    jobs = queue.claim(worker, EVERYTHING)
    for job in jobs:
        attempts.run(job)
    return jobs


def seconds_until(job):
    job.refresh_from_db()
    return (job.due_at - timezone.now()).total_seconds()


def test_a_task_runs_once_and_its_result_can_be_read(worker, calls):
    result = samples.add.enqueue(1, other=2)
    assert (result.status, result.attempts, result.is_finished) == (TaskResultStatus.READY, 0, False)
    run_all(worker)
    assert run_all(worker) == []
    assert calls == [(1, 2)]
    result.refresh()
    assert (result.status, result.return_value, result.errors) == (TaskResultStatus.SUCCESSFUL, 3, [])
    assert result.worker_ids == [str(worker)]
    assert result.started_at == result.last_attempted_at <= result.finished_at
    assert samples.add.get_result(result.id).args == [1]


def test_a_result_that_does_not_exist_is_refused():
    with pytest.raises(TaskResultDoesNotExist):
        samples.add.get_result("0" * 32)


def test_a_task_may_ask_for_its_attempt(worker):
    result = samples.attempt.enqueue()
    run_all(worker)
    result.refresh()
    assert result.return_value == 1


@each("arguments", [(timezone,), (timezone.now(),), (object(),)])
def test_only_plain_values_are_arguments(arguments):
    with pytest.raises(TypeError):
        samples.add.enqueue(*arguments)


def test_a_coroutine_is_not_a_task():
    async def later():
        pass

    from django_tasks import task

    with pytest.raises(InvalidTaskError):
        task()(later)


@pytest.mark.django_db(transaction=True)
@each("enqueue", [lambda: samples.add.enqueue(1), lambda: enqueue_with_commit(samples.add, 1)])
def test_a_task_of_a_transaction_that_is_rolled_back_does_not_exist(enqueue):
    with transaction.atomic():
        enqueue()
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_tasks_of_a_transaction_wake_the_processes_once(django_capture_on_commit_callbacks, monkeypatch):
    sent = []
    monkeypatch.setattr(broadcast, "_send", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(3):
            samples.add.enqueue(number)
        samples.add.using(run_after=timezone.now() + timedelta(hours=1)).enqueue(4)
    assert sent == [{"type": "worker.jobs"}]


def test_a_task_for_later_waits(worker, calls):
    samples.add.using(run_after=timezone.now() + timedelta(minutes=5)).enqueue(1)
    assert run_all(worker) == []
    Job.objects.update(due_at=Now())
    run_all(worker)
    assert calls == [(1, 0)]


def test_a_task_is_due_whatever_the_clocks_of_the_workers(worker, calls, monkeypatch):
    right = timezone.now
    for seconds in (120, -120):
        monkeypatch.setattr(timezone, "now", lambda ahead=seconds: right() + timedelta(seconds=ahead))
        samples.add.enqueue(seconds)
    assert len(run_all(worker)) == 2


def test_a_higher_priority_is_first(worker, calls):
    for priority in (0, 10, -10):
        samples.add.using(priority=priority).enqueue(priority)
    run_all(worker)
    assert calls == [(10, 0), (0, 0), (-10, 0)]


def test_a_failure_is_recorded_and_tried_again_later_each_time(worker):
    result = samples.fail_with_odd_text.enqueue()
    (job,) = run_all(worker)
    result.refresh()
    assert (result.status, result.attempts) == (TaskResultStatus.READY, 1)
    assert result.errors[0].exception_class is LookupError
    assert "nothing  here ?" in result.errors[0].traceback
    assert 7 < seconds_until(job) < 13
    Job.objects.update(due_at=Now())
    (job,) = run_all(worker)
    assert 15 < seconds_until(job) < 25


def test_the_twelfth_failure_is_the_last(worker):
    finished = []

    def note(task_result, **options):
        finished.append((task_result.status, task_result.attempts))

    task_finished.connect(note)
    try:
        result = samples.fail.enqueue()
        for _ in range(MAX_ATTEMPTS + 1):
            Job.objects.update(due_at=Now())
            run_all(worker)
    finally:
        task_finished.disconnect(note)
    assert finished == [(TaskResultStatus.FAILED, MAX_ATTEMPTS)]
    result.refresh()
    assert result.finished_at is not None


@each(("attempts", "seconds"), [(1, 10), (5, 160), (12, 20480), (15, 6 * 3600)])
def test_delays_double_up_to_six_hours(attempts, seconds):
    assert queue.delay_seconds(attempts, lambda low, high: 1.0) == seconds


def test_a_task_may_say_when_it_is_tried_again(worker):
    samples.wait.enqueue()
    (job,) = run_all(worker)
    assert 80 < seconds_until(job) <= 90
    assert job.error_class.endswith(RetryLater.__name__)
    assert job.traceback == "The service is busy.", "the error before it names a secret address"


def test_a_task_may_give_up(worker, caplog):
    result = samples.give_up.enqueue()
    run_all(worker)
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert result.errors[0].exception_class is GiveUp
    assert "The address is gone." in caplog.text


def test_an_email_is_not_tried_again_after_an_unexpected_error(worker):
    result = samples.send.enqueue()
    run_all(worker)
    result.refresh()
    assert (result.status, result.attempts) == (TaskResultStatus.FAILED, 1)


@each("queue_name", ["default", "mail"])
def test_a_task_of_a_later_release_waits_for_a_worker_that_has_it(worker, queue_name):
    samples.add.enqueue(1)
    Job.objects.update(task="tests.jobs.samples.not_yet", queue=queue_name)
    (job,) = run_all(worker)
    assert (job.status, job.attempts) == (Job.State.READY, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_claim_at_once_get_different_jobs():
    for number in range(6):
        samples.add.enqueue(number)
    workers, claimed, start = [new_worker(), new_worker()], [], threading.Barrier(2)

    def claim(worker):
        start.wait(10)
        claimed.extend(job.pk for job in queue.claim(worker, [ClaimLimit(("default",), 3)]))
        connection.close()

    threads = [threading.Thread(target=claim, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len({*claimed}) == 6
    assert {*Job.objects.values_list("attempts", flat=True)} == {1}


# ---- Workers that end


@each(
    ("task", "attempts", "state"),
    [
        (samples.fail, 0, Job.State.READY),
        (samples.fail, MAX_ATTEMPTS - 1, Job.State.FAILED),
        (samples.send, 0, Job.State.FAILED),
    ],
)
def test_the_jobs_of_a_dead_worker_are_freed_but_no_email_is_sent_twice(worker, task, attempts, state):
    result = task.enqueue()
    Job.objects.update(attempts=attempts)
    assert queue.claim(worker, EVERYTHING)
    presence.remove_workers([worker])
    job = Job.objects.get()
    assert (job.status, job.claimed_by, bool(job.finished_at)) == (state, None, state == Job.State.FAILED)
    result.refresh()
    assert result.errors[0].exception_class is WorkerLost


def test_the_end_of_a_job_that_was_lost_is_discarded(worker):
    """A paused worker runs on after it was taken for dead."""
    samples.add.enqueue(1)
    (job,) = queue.claim(worker, EVERYTHING)
    presence.remove_workers([worker])
    Job.objects.update(due_at=Now())
    (again,) = queue.claim(new_worker(), EVERYTHING)
    attempts.run(job)
    assert Job.objects.get().status == Job.State.RUNNING
    attempts.run(again)
    assert Job.objects.get().status == Job.State.SUCCESSFUL


def test_the_end_of_an_earlier_attempt_of_the_same_worker_is_discarded(worker):
    samples.add.enqueue(1)
    (earlier,) = queue.claim(worker, EVERYTHING)
    queue.release_all([worker])
    Job.objects.update(due_at=Now())
    queue.claim(worker, EVERYTHING)
    assert not queue.finish(earlier, 1)


def test_a_worker_without_a_row_claims_nothing(worker):
    samples.add.enqueue(1)
    assert queue.claim(uuid.uuid4(), EVERYTHING) == []
    assert len(queue.claim(worker, EVERYTHING)) == 1


def test_jobs_and_leases_without_a_worker_are_freed(worker):
    """A worker of the previous release removed the row of the one that had them."""
    other = new_worker()
    samples.add.enqueue(1)
    queue.claim(other, [ClaimLimit(("default",), 1, "outbound")])
    assert not queue.is_anything_lost(worker, [])
    queue.release_lost(worker, [])
    assert Job.objects.get().claimed_by == Lease.objects.get().claimed_by == other
    Worker.objects.filter(pk=other).delete()
    assert queue.is_anything_lost(worker, [])
    queue.release_lost(worker, [])
    assert not queue.is_anything_lost(worker, [])
    assert Job.objects.get().claimed_by is Lease.objects.get().claimed_by is None


def test_a_job_that_its_worker_does_not_run_is_freed(worker):
    """It could not record how the job ended."""
    samples.add.enqueue(1)
    (job,) = queue.claim(worker, EVERYTHING)
    queue.release_lost(worker, [job.pk])
    assert not queue.is_anything_lost(worker, [job.pk])
    assert queue.is_anything_lost(worker, [])
    assert Job.objects.get().status == Job.State.RUNNING
    queue.release_lost(worker, [])
    assert Job.objects.get().status == Job.State.READY


def test_only_the_holder_of_a_lease_claims_what_needs_it(worker):
    samples.push.enqueue(1)
    wanted = [ClaimLimit(("http",), 1, "outbound")]
    other = new_worker()
    assert queue.claim(worker, wanted)
    samples.push.enqueue(2)
    assert queue.claim(other, wanted) == []
    presence.remove_workers([worker])
    assert len(queue.claim(other, wanted)) == 1


# ---- Finished jobs


def test_finished_jobs_are_removed_after_their_time(worker):
    now = timezone.now()
    ages = [
        (Job.State.SUCCESSFUL, 59),
        (Job.State.SUCCESSFUL, 61),
        (Job.State.FAILED, 61),
        (Job.State.FAILED, 15 * 1440),
    ]
    for state, minutes in ages:
        result = samples.add.enqueue(1)
        finished_at = now - timedelta(minutes=minutes)
        Job.objects.filter(pk=result.id).update(status=state, finished_at=finished_at)
    samples.add.enqueue(1)
    assert queue.remove_old(now) == 2
    left = Job.objects.exclude(finished_at=None).order_by("-finished_at").values_list("status", flat=True)
    assert [*left] == [Job.State.SUCCESSFUL, Job.State.FAILED]
    assert Job.objects.filter(status=Job.State.READY, created_at__gt=now - datetime.timedelta(minutes=1)).count() == 1


def test_claiming_takes_the_same_statements_for_any_number_of_jobs(worker, django_assert_num_queries):
    for number in range(5):
        samples.add.enqueue(number)
    with django_assert_num_queries(5):  # two are the transaction's savepoint
        assert len(queue.claim(worker, EVERYTHING)) == 5


def test_a_lease_without_a_job_is_found_as_well(worker):
    assert leases.take("outbound", uuid.uuid4())
    assert queue.is_anything_lost(worker, [])


def test_an_idle_process_takes_few_statements(worker, django_assert_max_num_queries):
    """At the intervals of the process: one in six seconds."""
    per_second = 0.0
    for function, seconds in [
        (queue.waiting, jobs.LOOK_SECONDS),
        (lambda: queue.is_anything_lost(worker, []), jobs.RELEASE_SECONDS),
        (schedule.is_due, jobs.SCHEDULE_SECONDS),
        (queue.failed().count, jobs.COUNT_SECONDS),
    ]:
        with django_assert_max_num_queries(1):
            function()
        per_second += 1 / seconds
    assert per_second < 0.17

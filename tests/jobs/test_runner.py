"""A process runs the jobs of the queue in threads, and ends them when it ends."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone
from django_tasks.signals import task_finished

from chat import outbound
from chat.actions.jobs import queue
from chat.delivery import jobs
from chat.delivery.jobs import JobRunner
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.readiness import process_state
from chat.delivery.service import Delivery
from chat.mail import sending
from chat.models import Job, Lease
from chat.telemetry.counters import counts
from tests.cases import each
from tests.jobs import samples

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def delivery(transactional_db):
    delivery = Delivery.current()
    await delivery.presence.report()
    samples.goes_on.clear()
    yield delivery
    samples.goes_on.set()
    if delivery in Delivery.running():
        await delivery.stop()


@pytest.fixture
async def ended():
    """`await ended(result)` waits until the job has ended, and returns its result."""
    loop, finished = asyncio.get_running_loop(), asyncio.Queue()

    def note(task_result, **options):
        loop.call_soon_threadsafe(finished.put_nowait, task_result)

    async def wait_for(result):
        async with asyncio.timeout(10):
            while (found := await finished.get()).id != result.id:
                pass
        return found

    task_finished.connect(note)
    yield wait_for
    task_finished.disconnect(note)


enqueue = sync_to_async(lambda task, *arguments: task.enqueue(*arguments))


async def test_a_task_runs_at_once_in_a_thread_and_writes_in_the_writing_thread(delivery, ended):
    result = await ended(await enqueue(samples.writes_in))
    assert result.return_value[0] == "chat-job-default"
    assert result.return_value[1].startswith("chat-writer")


async def test_many_jobs_run_in_a_few_threads(delivery, ended, calls):
    """Each end of a job leads to the next claim, without another look."""
    results = [await enqueue(samples.push, number) for number in range(20)]
    await ended(results[-1])
    await delivery.jobs.drain()
    assert sorted(calls) == list(range(20))
    assert await Lease.objects.filter(name="outbound", claimed_by=delivery.roster.worker_id).aexists()


async def test_no_more_jobs_are_claimed_than_there_are_threads(delivery, ended, monkeypatch):
    results = [await enqueue(samples.block) for _ in range(4)]
    await delivery.jobs.look()
    await ended(await enqueue(samples.push, 1))  # in a lane with free threads, while this one has none
    assert await Job.objects.filter(status=Job.State.RUNNING).acount() == 2
    monkeypatch.setattr(delivery.jobs, "_count", asyncio.Event().wait)  # no other look gets on
    samples.goes_on.set()
    await ended(results[-1])


async def test_a_process_that_ends_waits_for_its_jobs_and_claims_no_more(delivery):
    for _ in range(3):
        await enqueue(samples.block)
    await delivery.jobs.look()
    ending = asyncio.create_task(delivery.jobs.drain())
    await asyncio.sleep(0)
    samples.goes_on.set()
    await ending
    states = Job.objects.order_by("status").values_list("status", flat=True)
    assert [it async for it in states] == [Job.State.READY, Job.State.SUCCESSFUL, Job.State.SUCCESSFUL]


async def test_a_job_that_does_not_end_is_freed_with_its_worker(delivery, monkeypatch):
    monkeypatch.setattr(jobs, "DRAIN_SECONDS", 0)
    await enqueue(samples.block)
    await delivery.jobs.look()
    assert await Job.objects.filter(status=Job.State.RUNNING).aexists()
    await delivery.stop()
    assert await Job.objects.filter(status=Job.State.READY, claimed_by=None).aexists()
    samples.goes_on.set()


async def test_waiting_and_failed_jobs_are_counted(delivery, ended):
    delivery.jobs._drains_until = 0.0  # claims nothing
    await enqueue(samples.add, 1)
    await delivery.jobs.look()
    assert counts.jobs_waiting == {"tests.jobs.samples.add": 1}
    await Job.objects.aupdate(status=Job.State.FAILED)
    await delivery.jobs.look()
    await delivery.jobs.count_failed()
    assert (counts.jobs_waiting, counts.jobs_failed) == ({}, 1)


async def test_a_job_whose_end_cannot_be_recorded_runs_again(delivery, monkeypatch, caplog):
    def full(*arguments):
        raise OSError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "finish", full)
        await enqueue(samples.add, 1)
        await delivery.jobs.look()
        async with asyncio.timeout(10):
            await delivery.jobs._idle.wait()
    assert "The disk is full." in caplog.text
    await delivery.jobs.release_lost()
    assert await Job.objects.filter(status=Job.State.READY, attempts=1).aexists()


@pytest.fixture
async def parts_of_a_runner(transactional_db):
    database = DatabaseThreads(print)
    runner = JobRunner(database, None)
    yield lambda: {it._function.__name__ for it in runner.periodic}
    await asyncio.to_thread(database.close)


OTHER = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend", "QUEUES": []}}


@each(
    ("changes", "is_for_work", "parts"),
    [
        ({}, False, {"look", "release_lost", "_enqueue_scheduled"}),
        ({"CHAT_JOBS": "worker"}, False, set()),
        ({"CHAT_METRICS": True}, False, {"look", "release_lost", "_enqueue_scheduled", "count_failed"}),
        ({"CHAT_JOBS": "worker", "CHAT_METRICS": True}, False, {"_count", "count_failed"}),
        ({"CHAT_JOBS": "worker"}, True, {"look", "release_lost", "_enqueue_scheduled"}),
        ({"TASKS": OTHER}, False, {"_enqueue_scheduled"}),
    ],
)
async def test_settings_say_which_process_runs_what(
    parts_of_a_runner, settings, monkeypatch, changes, is_for_work, parts
):
    before = {name: getattr(settings, name) for name in changes}
    monkeypatch.setattr(process_state, "is_for_work", is_for_work)
    for name, value in changes.items():
        setattr(settings, name, value)
    found = parts_of_a_runner()
    for name, value in before.items():
        setattr(settings, name, value)
    assert found == parts


async def test_a_job_that_a_paused_process_claims_again_is_not_freed_when_its_first_attempt_ends(delivery):
    await enqueue(samples.block)
    await delivery.jobs.look()
    await delivery.database.write(queue.release_all, [delivery.roster.worker_id])
    await Job.objects.aupdate(due_at=timezone.now())
    await delivery.jobs.look()
    assert {attempt for _, attempt in delivery.jobs._running} == {1, 2}
    samples.goes_on.set()
    async with asyncio.timeout(10):
        await delivery.jobs._idle.wait()
    job = await Job.objects.aget()
    assert (job.status, job.attempts) == (Job.State.SUCCESSFUL, 2)


def request_inside(url):
    with pytest.raises(outbound.Forbidden):
        outbound.request("POST", url)


@each(
    "send",
    [
        lambda: sending.send(EmailMessage("Hello", to=["ada@example.org"])),
        lambda: request_inside("https://127.0.0.1/"),
    ],
)
def test_a_thread_that_sends_keeps_no_connection_of_the_pool(send):
    """A mail server that hangs would otherwise take connections from the pages."""
    connection.ensure_connection()
    connection.close_at = 0  # as with a pool
    send()
    assert connection.connection is None

"""One process at a time follows the logs, wakes up for new messages and for what becomes due, and costs little."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.actions import notices, presence
from chat.actions.followers import cursors
from chat.delivery import followers
from chat.delivery.followers import NoticeFollower
from chat.delivery.process.readiness import process_state
from chat.delivery.service import Delivery
from chat.models import Job, NotificationChannel
from tests.cast import say
from tests.notices.run import PUSH, channel

pytestmark = pytest.mark.django_db(transaction=True)
in_thread = sync_to_async
say_later = sync_to_async(say)


class Database:
    """Runs all calls in one thread, and counts their statements."""

    def __init__(self):
        self.statements = 0

    async def read(self, function, *arguments):
        return await sync_to_async(self._run)(function, arguments)

    write = read

    def _run(self, function, arguments):
        with CaptureQueriesContext(connection) as queries:
            try:
                return function(*arguments)
            finally:
                self.statements += sum(not it["sql"].startswith(("BEGIN", "COMMIT", "ROLLBACK")) for it in queries)

    def taken(self):
        number, self.statements = self.statements, 0
        return number


@pytest.fixture
def database():
    return Database()


@pytest.fixture
def process(database):
    """`process()` is the follower of a new worker, which has a row."""
    made = []

    def make():
        worker = uuid.uuid4()
        presence.report(worker, set(), set(), set())
        made.append(NoticeFollower(database, worker))
        return made[-1]

    yield make
    for it in made:
        it.stop()


@pytest.fixture
def jobs():
    return sync_to_async(lambda: [(job.task.rpartition(".")[2], job.arguments["args"]) for job in Job.objects.all()])


def moved(room, seq):
    return {"type": "worker.moved", "heads": [[room.pk, seq]]}


async def test_a_message_wakes_the_holder_which_enqueues_a_push(alice, bob, hall, process, jobs):
    device = await in_thread(lambda: channel(bob, PUSH) and bob.push_subscriptions.get())()
    follower = await in_thread(process)()
    await follower.follow()
    await say_later(alice, hall, "@bob")
    follower.take(moved(hall, 1))
    assert follower._wake.when() - follower_time() <= followers.WAKE_SECONDS
    await follower.follow()
    assert await jobs() == [("push_missed", [device.pk, hall.pk, 0, 1])]
    await follower.follow()
    assert len(await jobs()) == 1


def follower_time():
    return asyncio.get_running_loop().time()


async def test_a_message_wakes_the_running_task(alice, bob, hall, process, jobs, monkeypatch):
    await in_thread(channel)(bob, PUSH)
    monkeypatch.setattr(followers, "WAKE_SECONDS", 0)
    follower, runs = await in_thread(process)(), asyncio.Queue()

    async def follow():
        await follower.follow()
        runs.put_nowait(None)

    follower._function = follow
    task = asyncio.create_task(follower.run())
    follower.trigger()
    async with asyncio.timeout(20):
        await runs.get()
        await say_later(alice, hall, "@bob")
        follower.take(moved(hall, 1))
        while not await jobs():
            await runs.get()
    task.cancel()


async def test_the_holder_finds_what_no_broadcast_has_told_it(alice, bob, hall, process, jobs, monkeypatch):
    await in_thread(channel)(bob, PUSH)
    follower = await in_thread(process)()
    await follower.follow()
    await say_later(alice, hall, "@bob")
    await follower.follow()
    assert (await jobs(), follower.behind) == ([], 0)
    monkeypatch.setattr(followers, "CHECK_SECONDS", 0)
    await follower.follow()
    assert (len(await jobs()), follower.behind) == (1, 1)


async def test_while_nobody_wants_notices_messages_wake_nothing_and_are_skipped(alice, bob, hall, process, database):
    follower = await in_thread(process)()
    await follower.follow()
    await say_later(alice, hall, "@bob")
    follower.take(moved(hall, 1))
    assert (follower._wake, follower._rooms) == (None, set())
    follower._checked_at -= followers.CHECK_SECONDS
    await follower.follow()
    assert await in_thread(cursors.behind)("notices") == {}


async def test_another_process_takes_over_when_the_holder_is_gone(alice, bob, hall, process, jobs):
    await in_thread(channel)(bob, PUSH)
    first, second = await in_thread(process)(), await in_thread(process)()
    await first.follow()
    await second.follow()
    await say_later(alice, hall, "@bob")
    second.take(moved(hall, 1))
    await second.follow()
    assert (await jobs(), second._wake) == ([], None)
    await in_thread(presence.remove_workers)([first._worker_id])
    await second.follow()
    assert len(await jobs()) == 1


async def test_it_wakes_up_when_the_next_channel_is_due(alice, bob, hall, process):
    await in_thread(channel)(bob, PUSH)
    follower = await in_thread(process)()
    await follower.follow()
    due_at = timezone.now() + timedelta(hours=1)
    await in_thread(NotificationChannel.objects.update)(due_at=due_at)
    follower._due_at = timezone.now()
    await follower.follow()
    assert 3500 < follower._wake.when() - follower_time() < 3700
    follower._wake_in(1)
    assert follower._wake.when() - follower_time() <= 1
    follower._wake_in(100)
    assert follower._wake.when() - follower_time() <= 1


async def test_one_person_that_fails_does_not_stop_the_others(alice, bob, carol, hall, process, jobs, monkeypatch):
    for person in (bob, carol):
        await in_thread(channel)(person, PUSH)
    follower = await in_thread(process)()
    await follower.follow()
    decide = notices.decide
    [failing, _] = await in_thread(lambda: list(NotificationChannel.objects.order_by("pk")))()

    def decide_others(channel_id, now):
        return 1 / 0 if channel_id == failing.pk else decide(channel_id, now)

    monkeypatch.setattr(notices, "decide", decide_others)
    await in_thread(NotificationChannel.objects.update)(due_at=timezone.now())
    follower._due_at = timezone.now()
    await follower.follow()
    await in_thread(failing.refresh_from_db)()
    assert failing.due_at > timezone.now() + timedelta(minutes=50)
    assert await in_thread(NotificationChannel.objects.filter(due_at=None).count)() == 1


async def test_an_idle_holder_takes_four_statements_in_30_seconds_and_others_one_in_10(hall, process, database):
    holder, other = await in_thread(process)(), await in_thread(process)()
    await holder.follow()
    await other.follow()
    database.taken()
    await holder.follow()
    assert database.taken() == 0, "between two checks"
    holder._checked_at -= followers.CHECK_SECONDS
    await holder.follow()
    assert database.taken() == 4
    await other.follow()
    assert database.taken() == 1
    assert (followers.CHECK_SECONDS, followers.TAKE_SECONDS) == (30, 10)


async def test_each_process_that_does_background_work_has_a_follower(hall, settings):
    for jobs, is_for_work, runs in (("web", False, True), ("worker", False, False), ("worker", True, True)):
        settings.CHAT_JOBS, process_state.is_for_work = jobs, is_for_work
        try:
            delivery = Delivery()
            assert (delivery.notices in delivery._periodic) is runs
            delivery.notices._is_holder = delivery.notices._is_needed = True
            delivery._on_event(moved(hall, 1))
            assert delivery.notices._rooms == {hall.pk}
            delivery.notices.stop()
        finally:
            process_state.is_for_work = False

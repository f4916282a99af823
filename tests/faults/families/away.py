"""People who are away are told by email and push, while what sends to them hangs, is killed or is in doubt.

No message is mailed twice, each email is right when it is sent, and every message is pushed. Only an email that was
being sent when its worker was killed may be lost.
"""

import asyncio
import os
import random
import signal
import threading

from tests.faults.away.absent import AbsentPeople
from tests.faults.away.mail_server import AFTER, BEFORE
from tests.faults.away.outside import environment, owner_of
from tests.faults.families import clocks
from tests.faults.families.workers import fallen
from tests.faults.registry import fault
from tests.processes.servers import frozen
from tests.site import PATIENCE_SECONDS

AWAY = {"environment": environment, "baseline": False, "load": {"rate": 20}}
PUSH_ANSWERS_AFTER_SECONDS = 60
# A worker sends as many emails at once.
IN_FLIGHT = 4
# Other workers notice a dead one after 15 s. Free jobs and leases are found after 10 s, twice, and failed pushes wait.
SETTLE_SECONDS = 120
# What the other workers do 15 s later.
NOTICE_THE_DEAD = """
from chat.actions import presence
from chat.models import Lease
presence.remove_workers([it.claimed_by for it in Lease.objects.filter(pk="outbound") if it.claimed_by])
"""


async def told_as_usual(run):
    absent = await AbsentPeople.gather(run)
    await absent.tell()
    await expect_told(run, absent)
    return absent


async def expect_told(run, absent):
    for sentence in (await absent.until_told(SETTLE_SECONDS)).missing:
        run.expect(False, f"{sentence} in time")


async def settle(run, absent, lost=0):
    """Compare, after another message to everyone. So many messages may have been lost with their emails."""
    await absent.tell()
    found = await absent.settle(SETTLE_SECONDS)
    run.expect(found.lost <= lost, f"{found.lost} messages were not mailed")


@fault(
    17, "The mail server hangs before it takes an email, and then before it says that it has one", quick=None, **AWAY
)
async def mail_server_hangs(run):
    absent = await told_as_usual(run)
    for stage in (BEFORE, AFTER):
        with absent.mail.at(stage, lambda client: asyncio.sleep(run.size.freeze_seconds)):
            await absent.tell()
            await asyncio.sleep(1)
            await absent.change_minds()
            await asyncio.sleep(run.size.freeze_seconds)
    await settle(run, absent)


@fault(17, "The push service answers after one minute", quick=None, **AWAY)
async def push_service_is_slow(run):
    absent, is_over = await told_as_usual(run), threading.Event()
    absent.push.before_answer = lambda: is_over.wait(PUSH_ANSWERS_AFTER_SECONDS)
    try:
        await absent.tell()
        await asyncio.sleep(PUSH_ANSWERS_AFTER_SECONDS)
    finally:
        is_over.set()
    await settle(run, absent)
    run.expect(run.figures["pushed_again"] > 0, "no push was sent again")


async def sender_is_killed(run, absent, stage, *, wait=0.0, is_noticed=False):
    """Kill the worker that sends an email at this stage, and start it again. If `is_noticed`, it is dead at once."""
    sprung = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def kill(client):
        if not sprung.is_set():
            await asyncio.sleep(wait)
            if (process := owner_of(client[1], run.deployment.worker_pids())) is not None:
                os.kill(process, signal.SIGKILL)
                loop.call_soon_threadsafe(sprung.set)

    with absent.mail.at(stage, kill):
        telling = asyncio.create_task(absent.tell())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await sprung.wait()
            [port] = await fallen(run)
    await asyncio.to_thread(run.deployment.kill, port)
    if is_noticed:
        await asyncio.to_thread(run.site.shell, NOTICE_THE_DEAD)
    await asyncio.to_thread(run.deployment.start, port)
    await telling


@fault(17, "The worker that sends is killed (-9) between claim and send", quick=None, **AWAY)
async def sender_is_killed_before_sending(run):
    absent = await told_as_usual(run)
    await sender_is_killed(run, absent, BEFORE)
    await settle(run, absent, lost=2 * IN_FLIGHT)


@fault(17, "The worker that sends is killed (-9) between send and finish", quick=None, **AWAY)
async def sender_is_killed_after_sending(run):
    absent = await told_as_usual(run)
    await sender_is_killed(run, absent, AFTER)
    await settle(run, absent, lost=2 * IN_FLIGHT)


@fault(17, "The worker that sends is killed (-9) again and again, at any moment", quick=None, **AWAY)
async def sender_is_killed_often(run):
    absent = await told_as_usual(run)
    kills = int(os.environ.get("KILLS", run.size.kills))
    for _ in range(kills):
        stage = run.rng.choice((BEFORE, AFTER))
        wait = run.rng.choice((0.0, run.rng.uniform(0, 0.05)))
        await sender_is_killed(run, absent, stage, wait=wait, is_noticed=True)
    # An email that is given up may have had the messages of several rounds.
    await settle(run, absent, lost=len(absent.notes))
    run.note(kills=kills)


@fault(
    17,
    "Two workers send at once: each lease is freed again and again",
    only="postgresql",
    why="SQLite has one worker",
    quick=None,
    **AWAY,
)
async def leases_are_lost(run):
    absent = await told_as_usual(run)
    freeing = asyncio.create_task(asyncio.to_thread(_free_leases, run, run.size.freeze_seconds))
    while not freeing.done():
        await absent.tell()
        await run.quiet()
    await settle(run, absent)


def _free_leases(run, seconds):
    is_over = threading.Event()
    threading.Timer(seconds, is_over.set).start()
    while not is_over.wait(0.05):
        run.database.execute("UPDATE chat_lease SET claimed_by = NULL")


@fault(17, "The worker that sends hangs (SIGSTOP) longer than its lease, and goes on", quick=None, **AWAY)
async def sender_hangs(run):
    absent, found = await told_as_usual(run), asyncio.get_running_loop().create_future()
    loop, goes_on = asyncio.get_running_loop(), threading.Event()

    async def tell_who(client):
        pid = owner_of(client[1], run.deployment.worker_pids())
        loop.call_soon_threadsafe(lambda: found.done() or found.set_result(pid))
        await asyncio.to_thread(goes_on.wait)

    with absent.mail.at(BEFORE, tell_who):
        telling = asyncio.create_task(absent.tell())
        with frozen(await asyncio.wait_for(found, PATIENCE_SECONDS)):
            goes_on.set()
            await asyncio.sleep(run.size.freeze_seconds)
    await telling
    await settle(run, absent, lost=2 * IN_FLIGHT)


@fault(17, "The disk is full while people are told", quick=None, **AWAY)
async def disk_is_full_while_telling(run):
    with run.deployment.small_disk() as disk:
        absent = await told_as_usual(run)
        telling = asyncio.create_task(absent.tell())
        await asyncio.sleep(random.Random(run.seed).uniform(0, 1))
        disk.fill()
        await run.group.stop_writing()
        run.group.write(run.size.rate, size=4000)
        await run.until_refused("unavailable")
        await run.quiet(5)
        disk.free()
        await telling
        await settle(run, absent, lost=2 * IN_FLIGHT)
        await run.heal()


@fault(17, "The clocks of the workers are two minutes off", quick=None, **AWAY)
async def clocks_are_off_while_telling(run):
    absent = await told_as_usual(run)
    for offsets in clocks.SECONDS:
        await clocks.set_clocks(run, offsets)
        await absent.tell()
        await expect_told(run, absent)
    await settle(run, absent)

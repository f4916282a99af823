"""Workers that are killed at the worst moments, that hang, and that are replaced one after another."""

import asyncio
import signal

from tests.faults import traps
from tests.faults.member_group import LOOK_SECONDS
from tests.faults.registry import fault
from tests.processes.servers import frozen
from tests.site import PATIENCE_SECONDS

EVERYBODY = 10**6
KILLED = {"environment": traps.environment, "baseline": False}


async def killed_at(run, moment):
    await traps.spring(run, moment)
    [port] = await fallen(run)
    await asyncio.to_thread(run.deployment.kill, port)
    await run.quiet(0.5)
    await asyncio.to_thread(run.deployment.start, port)
    run.mended()


async def fallen(run):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while all(run.site.is_running(port) for port in run.ports):
            await asyncio.sleep(LOOK_SECONDS)
    return [port for port in run.ports if not run.site.is_running(port)]


# `killed_after_commit` and tests/processes/test_servers.py kill a worker as well.
@fault(3, "A worker is killed (-9) before its commit", quick=None, **KILLED)
async def killed_before_commit(run):
    await killed_at(run, "before commit")


@fault(3, "A worker is killed (-9) after its commit, before anybody heard of it", quick="postgresql-uvicorn", **KILLED)
async def killed_after_commit(run):
    await killed_at(run, "after commit")


# As after the commit, clients send again what is stored.
@fault(3, "A worker is killed (-9) after its broadcast", quick=None, **KILLED)
async def killed_after_broadcast(run):
    await killed_at(run, "after broadcast")


# tests/processes/test_servers.py kills the server as well.
@fault(3, "Workers are killed (-9) and started again, wherever they are", quick=None)
async def workers_are_killed(run):
    await run.restart_workers()
    run.mended()


@fault(3, "A worker hangs (SIGSTOP) longer than its lease", quick=None)
async def worker_hangs(run):
    with frozen(run.site.pid(run.ports[0])):
        await asyncio.sleep(run.size.freeze_seconds)
    run.mended()


@fault(
    4,
    "A rolling restart (SIGTERM) under 200 messages a second",
    load={"rate": 200, "posters": EVERYBODY},
    quick=None,  # tests/processes/test_rolling_restart.py has it in small
)
async def rolling_restart(run):
    await run.restart_workers(signal.SIGTERM)
    run.mended()

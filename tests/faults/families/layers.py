"""The channel layer loses, doubles and reorders events; Valkey restarts, is flushed, hangs and is cut off."""

import asyncio

from tests.faults import traps
from tests.faults.proxy import Proxy
from tests.faults.registry import NO_VALKEY, fault
from tests.processes.servers import frozen

# tests/processes/test_layer.py has them on two processes.
VALKEY = {"only": "postgresql", "why": NO_VALKEY, "quick": None}
DOWN_QUIETS = 3


@fault(
    1,
    "The layer drops 20 %, doubles 5 % and reorders",
    environment=lambda deployment: traps.environment(deployment, drop=0.2, double=0.05, delay=0.2),
    quick=None,  # `everything_happens` has this layer
)
async def layer_drops(run):
    await run.quiet(6)


@fault(
    1,
    "The layer drops everything",
    environment=lambda deployment: traps.environment(deployment, drop=1),
    baseline=False,
    quick=None,  # the head check finds what `everything_happens` loses, too
)
async def layer_drops_everything(run):
    await run.quiet(4)


@fault(2, "Valkey is killed and started again", **VALKEY)
async def layer_restarts(run):
    await asyncio.to_thread(run.layer.kill)
    await run.quiet(DOWN_QUIETS)
    await asyncio.to_thread(run.layer.start)
    run.mended()


@fault(2, "FLUSHALL", **VALKEY)
async def layer_is_flushed(run):
    await asyncio.to_thread(run.layer.client.execute_command, "FLUSHALL")
    await run.quiet()


@fault(2, "Valkey stops answering (SIGSTOP, 30 s)", **VALKEY)
async def layer_hangs(run):
    with frozen(run.layer.pid):
        await asyncio.sleep(run.size.freeze_seconds)
    run.mended()


@fault(2, "CLIENT KILL TYPE pubsub, five times", **VALKEY)
async def layer_cuts_subscribers(run):
    for _ in range(5):
        await asyncio.to_thread(run.layer.client.execute_command, "CLIENT", "KILL", "TYPE", "pubsub")
        await run.quiet(0.5)
    run.mended()


@fault(2, "A half-open line to Valkey: it takes everything and brings nothing", **VALKEY)
async def layer_is_half_open(run):
    proxy = await run.stack.enter_async_context(Proxy(run.layer.port))
    await run.restart_workers(REDIS_URL=f"redis://127.0.0.1:{proxy.port}/0")
    await run.quiet()
    proxy.silence(answers=True)
    await run.quiet(6)
    proxy.heal()
    await run.heal()


@fault(
    11,
    "The layer forgets every member of its groups",
    environment=traps.environment,
    baseline=False,
    quick="postgresql-uvicorn",
)
async def layer_forgets_members(run):
    for _ in run.ports:
        await traps.spring(run, "forget members")
    await run.quiet(4)  # it lasts until the workers notice; what is lost till then is the head check's to find

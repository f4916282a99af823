"""The site brought up at one size after another, and one cost of it measured at each."""

import asyncio
import itertools
from collections.abc import Sequence

from benchmarks.load.audit import audit
from benchmarks.load.client_group import ClientGroup
from benchmarks.load.dialect import Visitor
from benchmarks.load.group import Workload
from benchmarks.load.run import PATIENCE_SECONDS, in_fast_loop, without_pauses
from benchmarks.peers.peer import up
from benchmarks.peers.site import UVICORN, RunningSite, Shape, starting
from benchmarks.scenarios.pages import READERS, busiest
from benchmarks.scenarios.scenario import Bench
from benchmarks.search.__main__ import demo
from benchmarks.server import make_people
from benchmarks.workers import pages
from benchmarks.workers.meter import Meter, Usage

# Slow enough that each post goes alone: what batches save is not in these costs.
POSTS_PER_SECOND = 20.0
KIB = 1024


def posting(bench: Bench, shape: Shape, clients: int, rooms: int = 1) -> dict[str, float]:
    """Return the CPU time of a post in microseconds, for each part of the site. The CPU time of an idle site is
    subtracted. `idle` is that of the workers for a second without posts."""
    with up(starting(shape), pinned=shape.workers == 1) as running, without_pauses():
        visitors = running.invite(clients, rooms)
        group, idle, busy = in_fast_loop(lambda: _idle_and_busy(running, visitors, bench.size(2.0, 20.0)))
        if differences := audit(group, running.stored):
            raise RuntimeError(f"The audit found: {differences[0]}")
    costs = {part: 1e6 * (busy[part].cores - idle[part].cores) / POSTS_PER_SECOND for part in running.parts}
    return costs | {"idle": 1e6 * idle["workers"].cores}


async def _idle_and_busy(
    running: RunningSite, visitors: Sequence[Visitor], seconds: float
) -> tuple[ClientGroup, dict[str, Usage], dict[str, Usage]]:
    """Measure all processes with everyone connected and silent, and with a few people posting."""
    group, meter = ClientGroup(UVICORN.dialect, running.ports), Meter(running.parts)
    await group.connect(visitors)
    await group.rest(PATIENCE_SECONDS)
    await group.post(Workload(1.0, rate=POSTS_PER_SECOND), PATIENCE_SECONDS)
    meter.start()
    await asyncio.sleep(seconds)
    idle = meter.usage()
    meter.start()
    await group.post(Workload(seconds, rate=POSTS_PER_SECOND), PATIENCE_SECONDS)
    busy = meter.usage()
    await group.leave()
    return group, idle, busy


def coming(bench: Bench, clients: int) -> dict[str, float]:
    """Microseconds of processor time until so many are in, and KiB of the worker with them."""
    with up(starting(Shape())) as running, without_pauses():
        visitors = running.invite(clients)
        return in_fast_loop(lambda: _come(running, visitors))


async def _come(running: RunningSite, visitors: Sequence[Visitor]) -> dict[str, float]:
    group, meter = ClientGroup(UVICORN.dialect, running.ports), Meter(running.parts)
    await group.connect(visitors)
    await group.rest(PATIENCE_SECONDS)
    costs = {"workers": 1e6 * meter.usage()["workers"].cpu_seconds, "memory": meter.memory() / KIB}
    await group.leave()
    return costs


def page(bench: Bench, messages: int) -> float:
    """Microseconds of processor time for the room page with so many messages in the database."""
    with up(starting(Shape(), lambda environment: demo(environment, messages))) as running:
        cookies = make_people(running.environment, READERS, "sessions")
        slug, _ = busiest(running.environment["DATABASE_URL"])
        meter = Meter(running.parts)
        paths = itertools.repeat(f"/rooms/{slug}/")
        took = in_fast_loop(lambda: pages.load(running.ports, paths, cookies, bench.size(1.0, 8.0)))
        return 1e6 * meter.usage()["workers"].cpu_seconds / len(took)

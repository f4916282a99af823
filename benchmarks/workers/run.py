"""One run: everyone connects and writes, a fault may happen to the site, and everything is compared."""

import argparse
import asyncio
import gc
import itertools
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from benchmarks import audit
from benchmarks.chunks import Row
from benchmarks.machine import loop_factory
from benchmarks.server import make_people
from benchmarks.workers import figures, pages
from benchmarks.workers.balancer import Balancer
from benchmarks.workers.deployment import Deployment
from benchmarks.workers.faults import Disturbance, layer_fault, restart
from benchmarks.workers.figures import Figures, Memory, PageLoads, Spread
from benchmarks.workers.gathering import Gathering
from benchmarks.workers.meter import Meter
from benchmarks.workers.outbox import Outbox

ROOM = "lobby"
FIRST_CLIENTS_PER_WORKER = 4
QUIET_SECONDS = 1.5
PAGES_SECONDS = 5.0


def measured(options: argparse.Namespace, deployment: Deployment) -> tuple[Figures, list[str]]:
    """The figures, and every difference between what people saw and what is stored."""
    held = audit.stored_rows(deployment.database_url, ROOM)
    tokens = make_people(deployment.environment, options.clients)
    gathering = Gathering(Balancer(deployment.fleet.ports), ROOM, tokens, options.posters, options.outstanding)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        result = runner.run(_measure(options, deployment, gathering))
    rows = audit.stored_rows(deployment.database_url, ROOM)[len(held) :]
    return result, _differences(gathering, rows)


async def _measure(options: argparse.Namespace, deployment: Deployment, gathering: Gathering) -> Figures:
    meter = Meter(deployment.parts)
    memory, connect_seconds = await _come(options, deployment, gathering, meter)
    before = await deployment.counts()
    # Pauses of the load generator would look like pauses of the site.
    gc.freeze()
    gc.disable()
    meter.start()
    disturbance = await _write(options, deployment, gathering)
    usage, counted = meter.usage(), await deployment.counts()
    if not options.rolling:  # workers that were replaced have counted from nothing
        counted.subtract({name: number for name, number in before.items() if name.startswith("chat_")})
    memory = replace(memory, end=meter.memory())
    await gathering.go()
    page_loads = await _load_pages(options, deployment, meter) if options.browsers else None
    return Figures(
        **figures.of_posts(gathering),
        phases=figures.phases(gathering, disturbance, by_port=len(deployment.fleet.ports) > 1),
        **figures.of_counts(counted),
        disturbed_seconds=disturbance.ended - disturbance.began if disturbance else 0.0,
        connect_seconds=connect_seconds,
        usage=usage,
        memory=memory,
        log_lines=len(deployment.fleet.log()),
        page_loads=page_loads,
    )


async def _come(
    options: argparse.Namespace, deployment: Deployment, gathering: Gathering, meter: Meter
) -> tuple[Memory, float]:
    """Connect everyone until they know who is online. Return the memory and the time that took."""
    first = min(FIRST_CLIENTS_PER_WORKER * len(deployment.fleet.workers()), options.clients // 2)
    await gathering.come(first, options.patience)
    await asyncio.sleep(QUIET_SECONDS)
    alone = meter.memory()
    seconds = await gathering.come(options.clients, options.patience)
    await asyncio.sleep(QUIET_SECONDS)
    return Memory(first, alone, meter.memory(), end=0), seconds


async def _write(options: argparse.Namespace, deployment: Deployment, gathering: Gathering) -> Disturbance | None:
    """Write everything and wait until it has arrived, or until nothing changes any more."""
    disturbance = _disturbance(options, deployment)
    if options.rate:
        happening = asyncio.create_task(disturbance.run()) if disturbance else None
        await gathering.write_at(
            options.rate, lambda number: number >= options.posts and (happening is None or happening.done())
        )
        if happening:
            await happening
    else:
        gathering.write_as_answered(options.posts, options.outstanding)
    await gathering.settle(options.patience)
    return disturbance


def _disturbance(options: argparse.Namespace, deployment: Deployment) -> Disturbance | None:
    if options.rolling:
        return Disturbance(restart(deployment.fleet), options.quiet)
    if options.layer_fault and deployment.layer:
        return Disturbance(layer_fault(options.layer_fault, deployment.layer), options.quiet)
    return None


async def _load_pages(options: argparse.Namespace, deployment: Deployment, meter: Meter) -> PageLoads:
    """People with browsers load the room page, one after another, for a while."""
    cookies = await asyncio.to_thread(make_people, deployment.environment, options.browsers, "sessions")
    meter.start()
    seconds = await pages.load(deployment.fleet.ports, itertools.repeat(f"/rooms/{ROOM}/"), cookies, PAGES_SECONDS)
    return PageLoads(len(seconds) / PAGES_SECONDS, Spread.of(seconds), meter.usage())


def _differences(gathering: Gathering, rows: Sequence[Row]) -> list[str]:
    found = list(gathering.failures)
    for outbox in gathering.outboxes:
        found += outbox.failures + _out_of_order(outbox)
    for number, member in enumerate(gathering.members):
        found += (f"Client {number} {failure}" for failure in member.failures)
    return found + audit.audit([member.log for member in gathering.members], gathering.written, rows)


def _out_of_order(outbox: Outbox) -> list[str]:
    """Return one person's posts that are not stored in the order in which they were written.

    What was refused for a while may be passed by what was on its way already: those are not compared.
    """
    if outbox.retries:
        return []
    seqs = [post.seq for post in outbox.written.values() if post.seq is not None]
    return [f"Message {seq} was written after {before}." for before, seq in pairwise(seqs) if seq < before]

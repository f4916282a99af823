"""One run: everyone connects and writes, a fault may happen to the site, and everything is compared."""

import argparse
import asyncio
import itertools
import secrets
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.load.audit import audit
from benchmarks.load.dialect import Visitor
from benchmarks.load.group import Workload
from benchmarks.load.room import Room
from benchmarks.load.run import in_fast_loop, without_pauses
from benchmarks.peers.site import LOBBY, Parts, RunningSite, Shape
from benchmarks.server import UNLIMITED, make_people
from benchmarks.workers import figures, pages
from benchmarks.workers.balancer import Balancer
from benchmarks.workers.faults import Disturbance, layer_fault, restart
from benchmarks.workers.figures import Figures, Memory, PageLoads, Spread
from benchmarks.workers.member import Member
from benchmarks.workers.member_group import MemberGroup
from benchmarks.workers.meter import Meter

FIRST_CLIENTS_PER_WORKER = 4
QUIET_SECONDS = 1.5
PAGES_SECONDS = 5.0


def shape_of(options: argparse.Namespace, workers: int) -> Shape:
    """Return the site that was asked for. It counts what it does."""
    metrics = {"CHAT_METRICS": "1", "CHAT_METRICS_TOKEN": secrets.token_urlsafe()}
    return Shape(
        workers=workers,
        database=options.database,
        layer=options.layer == "valkey",
        one_port=options.one_port,
        port=options.port,
        environment=UNLIMITED | metrics,
    )


def measured(options: argparse.Namespace, site: RunningSite) -> tuple[Figures, list[str]]:
    """The figures, and every difference between what people saw and what is stored."""
    visitors = site.invite(options.clients)
    group, result = in_fast_loop(lambda: _measure(options, site, visitors))
    [room] = group.rooms.values()
    return result, audit(group, site.stored) + [
        it for member in group.connections for it in _out_of_order(member, room)
    ]


async def _measure(
    options: argparse.Namespace, site: RunningSite, visitors: Sequence[Visitor]
) -> tuple[MemberGroup, Figures]:
    group, meter = MemberGroup(Balancer(site.ports), visitors, options.outstanding), Meter(_each_part(site))
    memory, connect_seconds = await _connect(options, site, group, meter)
    before = await site.counts()
    with without_pauses():
        meter.start()
        disturbance = await _write(options, site, group)
        usage, counted = meter.usage(), await site.counts()
        if not options.rolling:  # workers that were replaced have counted from nothing
            counted.subtract({name: number for name, number in before.items() if name.startswith("chat_")})
        memory = replace(memory, end=meter.memory())
        await group.leave()
        page_loads = await _load_pages(options, site, meter) if options.browsers else None
    return group, Figures(
        **figures.of_posts(group),
        phases=figures.phases(group, disturbance, by_port=len(site.ports) > 1),
        **figures.of_counts(counted),
        disturbed_seconds=disturbance.ended - disturbance.began if disturbance else 0.0,
        connect_seconds=connect_seconds,
        usage=usage,
        memory=memory,
        log_lines=len(site.fleet.log()),
        page_loads=page_loads,
    )


def _each_part(site: RunningSite) -> Parts:
    """Return a part for every worker: the one that runs in its slot now, since workers are replaced."""
    workers = {
        f"worker {number + 1}": lambda number=number: site.fleet.workers()[number : number + 1]
        for number in range(len(site.fleet.workers()))
    }
    return {**workers, **site.shared}


async def _connect(
    options: argparse.Namespace, site: RunningSite, group: MemberGroup, meter: Meter
) -> tuple[Memory, float]:
    """Connect everyone until they know who is online. Return the memory and the time that took."""
    first = min(FIRST_CLIENTS_PER_WORKER * len(site.fleet.workers()), options.clients // 2)
    await group.connect(first, options.patience)
    await asyncio.sleep(QUIET_SECONDS)
    alone = meter.memory()
    seconds = await group.connect(options.clients, options.patience)
    await asyncio.sleep(QUIET_SECONDS)
    return Memory(first, alone, meter.memory(), end=0), seconds


async def _write(options: argparse.Namespace, site: RunningSite, group: MemberGroup) -> Disturbance | None:
    """Write everything and wait until it has arrived, or until nothing changes any more."""
    disturbance = _disturbance(options, site)
    if not options.rate:
        as_answered = Workload(posters=options.posters, outstanding=options.outstanding, posts=options.posts)
        await group.post(as_answered, options.patience)
        return disturbance
    group.room(LOBBY).begin(options.posters, outstanding=0, until=0.0)
    happening = asyncio.create_task(disturbance.run()) if disturbance else None
    await group.post_at(
        options.rate, lambda number: number >= options.posts and (happening is None or happening.done())
    )
    if happening:
        await happening
    await group.settle(options.patience)
    return disturbance


def _disturbance(options: argparse.Namespace, site: RunningSite) -> Disturbance | None:
    if options.rolling:
        return Disturbance(restart(site.fleet), options.quiet)
    if options.layer_fault and site.layer:
        return Disturbance(layer_fault(options.layer_fault, site.layer), options.quiet)
    return None


async def _load_pages(options: argparse.Namespace, site: RunningSite, meter: Meter) -> PageLoads:
    """People with browsers load the room page, one after another, for a while."""
    cookies = await asyncio.to_thread(make_people, site.environment, options.browsers, "sessions")
    meter.start()
    seconds = await pages.load(site.ports, itertools.repeat(f"/rooms/{LOBBY}/"), cookies, PAGES_SECONDS)
    return PageLoads(len(seconds) / PAGES_SECONDS, Spread.of(seconds), meter.usage())


def _out_of_order(member: Member, room: Room) -> list[str]:
    """Return one person's posts that are not stored in the order in which they were written.

    What was refused for a while may be passed by what was on its way already: those are not compared.
    """
    if member.outbox.retries:
        return []
    answers = [answer for number in member.outbox.written if (answer := room.posts[number].answer)]
    return [
        f"{after} was written after {before}."
        for before, after in itertools.pairwise(answers)
        if (after.seq or 0) < (before.seq or 0)
    ]

"""Everyone connects, stays idle, receives an hour's worth of messages, and reconnects after all connections broke."""

import asyncio
from collections.abc import Sequence

from benchmarks.load.audit import audit
from benchmarks.load.client_group import ClientGroup
from benchmarks.load.dialect import Visitor
from benchmarks.load.figures import Figures
from benchmarks.load.group import Workload
from benchmarks.load.run import PATIENCE_SECONDS, in_fast_loop, without_pauses
from benchmarks.peers.catalogue import PEERS, TWO_WORKERS
from benchmarks.peers.peer import Peer, Running, up
from benchmarks.scenarios.scenario import Bench, Chart, Column, Scenario
from benchmarks.workers.meter import Meter, Usage

NAME = "connecting"
KIB = 1024
# A server loads some of itself only for the first who come.
FIRST = 10
# Posts in an hour in a lively room.
POSTS_AN_HOUR = 1000


def run(bench: Bench) -> None:
    clients, rooms = bench.size((100, 10), (10_000, 100))
    for peer in bench.some(*PEERS):
        if peer is not TWO_WORKERS:
            try:
                with up(peer.start) as running, without_pauses():
                    _one(bench, peer, running, running.invite(clients + FIRST, rooms))
            except* ConnectionError as failures:
                reason = f"left out: {failures.exceptions[0]}"
                bench.leave_out(NAME, peer, {"clients": clients, "rooms": rooms}, reason)


def _one(bench: Bench, peer: Peer, running: Running, visitors: Sequence[Visitor]) -> None:
    group, figures = in_fast_loop(lambda: _come_and_go(bench, peer, running, visitors))
    case = {"clients": len(visitors) - FIRST, "rooms": len(group.rooms)}
    bench.note(NAME, peer, case, figures, audit(group, running.stored))


async def _come_and_go(
    bench: Bench, peer: Peer, running: Running, visitors: Sequence[Visitor]
) -> tuple[ClientGroup, Figures]:
    group, meter = ClientGroup(peer.dialect, running.ports), Meter({"server": running.processes})
    count = len(visitors) - FIRST
    await group.connect(visitors[:FIRST])
    await group.rest(PATIENCE_SECONDS)
    alone = meter.memory()
    figures = await _come(group, meter, visitors[FIRST:])
    figures["kib_per_connection"] = (meter.memory() - alone) / KIB / count
    figures["idle_cpu_share"] = (await _idle(meter, bench.size(1.0, 10.0))).cores
    rate = bench.size(100, 200) / max(count / 1000, 1)
    await group.post(Workload(bench.size(0.5, POSTS_AN_HOUR / rate), rate=rate), PATIENCE_SECONDS)
    figures["kib_after_an_hour"] = (meter.memory() - alone) / KIB / count
    figures["back_seconds"] = await _again(peer, running, group, visitors)
    return group, figures


async def _come(group: ClientGroup, meter: Meter, visitors: Sequence[Visitor]) -> Figures:
    """Connect all the others."""
    meter.start()
    seconds = await group.connect(visitors)
    await group.rest(PATIENCE_SECONDS)
    cpu = meter.usage()["server"].cpu_seconds
    return {
        "connect_seconds": seconds,
        "connects_per_second": len(visitors) / seconds,
        "cpu_ms_per_connect": 1000 * cpu / len(visitors),
    }


async def _idle(meter: Meter, seconds: float) -> Usage:
    """Measure the server's work for idle people."""
    meter.start()
    await asyncio.sleep(seconds)
    return meter.usage()["server"]


async def _again(peer: Peer, running: Running, group: ClientGroup, visitors: Sequence[Visitor]) -> float:
    """Break all connections at once and reconnect everyone. Return the seconds until the last is in."""
    await group.leave()
    for connection in group.connections:
        connection.abort()
    others = ClientGroup(peer.dialect, running.ports)
    seconds = await others.connect(visitors)
    await others.leave()
    return seconds


SCENARIO = Scenario(
    NAME,
    "10,000 connections",
    "All clients connect and join a room, at most 64 handshakes at a time. Later all connections break, and all clients"
    f" reconnect in the same way. Memory is what the server uses per connection beyond the first {FIRST} clients: idle,"
    f" and after {POSTS_AN_HOUR:,} messages over all rooms.",
    run,
    columns=(
        Column("all joined, s", "connect_seconds", "{:,.1f}"),
        Column("all reconnected, s", "back_seconds", "{:,.1f}"),
        Column("CPU ms per connection", "cpu_ms_per_connect", "{:,.2f}"),
        Column("KiB per connection, idle", "kib_per_connection", "{:,.1f}"),
        Column(f"after {POSTS_AN_HOUR:,} messages", "kib_after_an_hour", "{:,.1f}"),
        Column("idle CPU", "idle_cpu_share", "{:.1%}"),
    ),
    charts=(
        Chart(
            "Memory of an idle connection, of 10,000",
            "kib_per_connection",
            "KiB",
            {"clients": 10_000, "rooms": 100},
            "{:,.1f}",
            is_log=False,
        ),
        Chart(
            "Time until 10,000 clients have joined",
            "connect_seconds",
            "s",
            {"clients": 10_000, "rooms": 100},
            "{:,.1f}",
            is_log=False,
        ),
    ),
)

"""The cost of showing who is online and who is typing."""

import asyncio
import itertools
from collections.abc import Sequence

from benchmarks.load.audit import audit
from benchmarks.load.client_group import ClientGroup
from benchmarks.load.dialect import Visitor
from benchmarks.load.figures import Figures
from benchmarks.load.run import PATIENCE_SECONDS, in_fast_loop, without_pauses
from benchmarks.peers.catalogue import DAPHNE, UVICORN
from benchmarks.peers.peer import Peer, Running, up
from benchmarks.scenarios.scenario import Bench, Column, Scenario
from benchmarks.workers.meter import Meter
from chat.protocol import SetTyping

NAME = "presence"
TYPISTS = 10
# Turns of typing and having stopped, a second.
TURNS_PER_SECOND = 50


def run(bench: Bench) -> None:
    clients, passers = bench.size((20, 10), (200, 200))
    for peer in bench.some(UVICORN, DAPHNE):
        with up(peer.start) as running, without_pauses():
            _one(bench, peer, running, running.invite(clients + passers), clients)


def _one(bench: Bench, peer: Peer, running: Running, visitors: Sequence[Visitor], clients: int) -> None:
    group, figures = in_fast_loop(lambda: _measure(bench, peer, running, visitors, clients))
    case = {"clients": clients, "passers": len(visitors) - clients}
    bench.note(NAME, peer, case, figures, audit(group, running.stored))


async def _measure(
    bench: Bench, peer: Peer, running: Running, visitors: Sequence[Visitor], clients: int
) -> tuple[ClientGroup, Figures]:
    group, meter = ClientGroup(peer.dialect, running.ports), Meter({"server": running.processes})
    await group.connect(visitors[:clients])
    await group.rest(PATIENCE_SECONDS)
    figures = await _typing(group, meter, bench.size(1.0, 8.0))
    figures |= await _coming_and_going(group, ClientGroup(peer.dialect, running.ports), meter, visitors[clients:])
    await group.leave()
    return group, figures


async def _typing(group: ClientGroup, meter: Meter, seconds: float) -> Figures:
    """Let some people start and stop typing in turn, which everyone else receives."""
    before = group.other_frames
    meter.start()
    typists, turns = group.connections[:TYPISTS], int(seconds * TURNS_PER_SECOND)
    for _, (on, typist) in zip(range(turns), itertools.cycle(itertools.product((True, False), typists)), strict=False):
        typist.say(SetTyping(on=on).encode())
        await asyncio.sleep(1 / TURNS_PER_SECOND)
    await group.rest(PATIENCE_SECONDS)
    cpu = meter.usage()["server"].cpu_seconds
    received = group.other_frames - before
    return {
        "typing_turns": turns,
        "typing_told": received,
        "cpu_us_per_turn": 1e6 * cpu / turns,
        "cpu_us_per_typing_told": 1e6 * cpu / max(received, 1),
    }


async def _coming_and_going(
    group: ClientGroup, others: ClientGroup, meter: Meter, passers: Sequence[Visitor]
) -> Figures:
    """Others join the room and leave again; those who stay get a frame for each."""
    before = group.other_frames
    meter.start()
    await others.connect(passers)
    await others.rest(PATIENCE_SECONDS)
    await others.leave()
    await group.rest(PATIENCE_SECONDS)
    cpu = meter.usage()["server"].cpu_seconds
    return {
        "presence_frames": group.other_frames - before,
        "cpu_ms_per_visit": 1000 * cpu / len(passers),
    }


SCENARIO = Scenario(
    NAME,
    "Presence and typing",
    f"In a room of so many clients, {TYPISTS} people start and stop typing in turn, {TURNS_PER_SECOND} changes a"
    " second. Then the *passers* join at once and leave again. CPU is all that the server uses meanwhile, its periodic"
    " work included.",
    run,
    columns=(
        Column("CPU µs per typing change", "cpu_us_per_turn"),
        Column("CPU µs per client notified", "cpu_us_per_typing_told", "{:,.1f}"),
        Column("CPU ms per join and leave", "cpu_ms_per_visit", "{:,.1f}"),
        Column("frames to the clients that stay", "presence_frames"),
    ),
)

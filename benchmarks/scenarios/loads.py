"""A client group that connects to a running server, posts one load after another, and is audited afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.load.audit import audit
from benchmarks.load.client_group import ClientGroup
from benchmarks.load.dialect import Visitor
from benchmarks.load.figures import Figures
from benchmarks.load.group import Workload
from benchmarks.load.run import PATIENCE_SECONDS, in_fast_loop, loaded
from benchmarks.peers.peer import Peer, Running
from benchmarks.scenarios.scenario import Bench, Case

# A load is left out that would take longer than this to arrive after posting has ended.
LONGEST_SECONDS = 60.0

# The first posts load and compile code, so they are not measured.
WARM_UP = Workload(0.5)

Loads = Sequence[tuple[Case, Workload]]


@dataclass
class _Outcome:
    """The figures of each load, or the reason for leaving it out."""

    group: ClientGroup
    coming_seconds: float = 0.0
    figures: list[tuple[Case, Figures]] = field(default_factory=list)
    left_out: list[tuple[Case, str]] = field(default_factory=list)


def measure(
    bench: Bench,
    scenario: str,
    peer: Peer,
    running: Running,
    visitors: Sequence[Visitor],
    loads: Loads,
    *,
    by_room: bool = False,
) -> float:
    """Notes the figures of each load, with all of a room at one port if they come `by_room`. What the audit finds
    stands with the last, since nothing follows a loss. Returns how many connected in a second."""
    outcome = in_fast_loop(lambda: _under(peer, running, visitors, loads, by_room))
    differences = audit(outcome.group, running.stored)
    for place, (case, figures) in enumerate(outcome.figures, 1):
        bench.note(scenario, peer, case, figures, differences if place == len(outcome.figures) else ())
    for case, reason in outcome.left_out:
        bench.leave_out(scenario, peer, case, reason)
    return len(visitors) / outcome.coming_seconds


async def _under(peer: Peer, running: Running, visitors: Sequence[Visitor], loads: Loads, by_room: bool) -> _Outcome:
    outcome = _Outcome(ClientGroup(peer.dialect, running.ports, by_room=by_room))
    group = outcome.group
    outcome.coming_seconds = await group.connect(visitors)
    await group.rest(PATIENCE_SECONDS)
    await group.post(WARM_UP, PATIENCE_SECONDS)
    for case, workload in loads:
        if reason := _reason_to_leave_out(outcome, workload):
            outcome.left_out.append((case, reason))
        else:
            outcome.figures.append((case, await loaded(group, running, workload)))
    await group.leave()
    return outcome


def _reason_to_leave_out(outcome: _Outcome, workload: Workload) -> str:
    if outcome.group.failures:
        return "left out: messages were lost before"
    if not outcome.figures:
        return ""
    _, before = outcome.figures[-1]
    on_the_way = len(outcome.group.connections) * workload.outstanding
    if on_the_way > LONGEST_SECONDS * before["deliveries_per_second"]:
        return f"left out: {on_the_way:,} deliveries on the way would take more than {LONGEST_SECONDS:.0f} s"
    return ""

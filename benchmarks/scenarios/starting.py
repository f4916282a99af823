"""The time of a server from its start until it answers."""

import statistics

from benchmarks.peers.catalogue import PEERS
from benchmarks.peers.peer import up
from benchmarks.scenarios.scenario import Bench, Column, Scenario

NAME = "starting"
KIB = 1024


def run(bench: Bench) -> None:
    for peer in bench.some(*PEERS):
        seconds, memory = [], []
        for _ in range(bench.size(1, 5)):
            with up(peer.start) as running:
                seconds.append(running.start_seconds)
                memory.append(sum(process.resident_bytes() for process in running.processes()) / KIB**2)
        figures = {"start_seconds": statistics.median(seconds), "resident_mib": statistics.median(memory)}
        bench.note(NAME, peer, {"starts": len(seconds)}, figures)


SCENARIO = Scenario(
    NAME,
    "Starting",
    "The time from the start of the process until it accepts connections, and the resident memory of all its processes"
    " at that moment. Medians.",
    run,
    columns=(Column("accepts connections after, s", "start_seconds", "{:,.2f}"), Column("memory MiB", "resident_mib")),
)

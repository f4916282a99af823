"""The server is restarted while everybody is in: how long each person is without the room."""

import argparse

from benchmarks.peers.peer import up
from benchmarks.peers.site import UVICORN, starting
from benchmarks.scenarios.scenario import Bench, Column, Scenario
from benchmarks.workers.run import measured, shape_of

NAME = "restart"


def run(bench: Bench) -> None:
    for peer in bench.some(UVICORN):
        options = _options(bench.size(50, 10_000), bench.size(1.0, 5.0))
        # Clients reconnect by themselves, at once and not 64 at a time. Nothing is bound to a core.
        with up(starting(shape_of(options, 1)), pinned=False) as site:
            figures, differences = measured(options, site)
        lost = figures.blackouts
        reported = {
            "restart_seconds": figures.disturbed_seconds,
            "blackouts": lost.count,
            "blackout_s_p50": lost.p50,
            "blackout_s_p99": lost.p99,
            "blackout_s_worst": lost.worst,
            "beyond_restart_s_p99": lost.p99 - figures.disturbed_seconds,
        }
        bench.note(NAME, peer, {"clients": options.clients}, reported, differences)


def _options(clients: int, quiet: float) -> argparse.Namespace:
    """Return the options of `benchmarks.workers` for one process that is restarted."""
    return argparse.Namespace(
        clients=clients, posters=10, posts=10, rate=5.0, outstanding=1, quiet=quiet, patience=60.0,
        rolling=True, layer_fault=None, browsers=0, database="sqlite", layer="none", one_port=False, port=0,
    )  # fmt: skip


SCENARIO = Scenario(
    NAME,
    "After a restart",
    "The only process is stopped and started again while 5 posts a second are written. An outage is the time of one"
    " client from losing the connection, or from the frame that announces it, until everything missed has arrived."
    " Clients wait a random time before they reconnect, as the protocol asks.",
    run,
    columns=(
        Column("restart s", "restart_seconds", "{:,.1f}"),
        Column("outage p50 s", "blackout_s_p50", "{:,.1f}"),
        Column("p99 s", "blackout_s_p99", "{:,.1f}"),
        Column("worst s", "blackout_s_worst", "{:,.1f}"),
        Column("p99 beyond the restart s", "beyond_restart_s_p99", "{:,.1f}"),
    ),
)

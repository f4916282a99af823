"""Two workers against one, each with the same database and on all cores."""

from benchmarks.load.crowd import Order
from benchmarks.peers.catalogue import POSTGRESQL, TWO_WORKERS
from benchmarks.scenarios import loads
from benchmarks.scenarios.scenario import Bench, Column, Scenario

NAME = "workers"


def run(bench: Bench) -> None:
    clients, seconds = bench.size(40, 400), bench.size(0.5, 6.0)
    for rooms, outstanding in bench.size([(1, 100), (10, 5)], [(1, 100), (100, 5)]):
        case = {"clients": clients, "rooms": rooms, "outstanding": outstanding}
        for peer in bench.some(POSTGRESQL, TWO_WORKERS):
            with bench.up(peer, pinned=False) as running:
                order = Order(seconds, outstanding=outstanding)
                loads.measure(bench, NAME, peer, running, running.invite(clients, rooms), [(case, order)])


SCENARIO = Scenario(
    NAME,
    "Two workers",
    "PostgreSQL, and with two workers Valkey between them. Nothing is bound to a core: the server has what the load"
    " generator leaves it, so compare the CPU per delivery as well. So many posts are on the way in each room.",
    run,
    columns=(
        Column("posts/s", "posts_per_second"),
        Column("deliveries/s", "deliveries_per_second"),
        Column("CPU µs per delivery", "cpu_us_per_delivery", "{:,.2f}"),
        Column("server's CPU", "server_cpu_share", "{:.0%}"),
        Column("generator's CPU", "crowd_cpu_share", "{:.0%}"),
        Column("post to all p50 ms", "to_all_ms_p50", "{:,.1f}"),
        Column("p99 ms", "to_all_ms_p99", "{:,.1f}"),
    ),
)

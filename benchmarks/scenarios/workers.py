"""Two workers against one, each with the same database and on all cores."""

from benchmarks.load.group import Workload
from benchmarks.peers.catalogue import POSTGRESQL, TWO_WORKERS
from benchmarks.peers.peer import up
from benchmarks.scenarios import loads
from benchmarks.scenarios.scenario import Bench, Column, Scenario

NAME = "workers"


def run(bench: Bench) -> None:
    clients, seconds = bench.size(40, 400), bench.size(0.5, 6.0)
    many = bench.size(10, 100)
    for rooms, by_room, outstanding in ((1, 0, 100), (many, 0, 5), (many, 1, 5)):
        case = {"clients": clients, "rooms": rooms, "by room": by_room, "outstanding": outstanding}
        for peer in bench.some(POSTGRESQL, TWO_WORKERS):
            with up(peer.start, pinned=False) as running:
                orders = [(case, Workload(seconds, outstanding=outstanding))]
                visitors = running.invite(clients, rooms)
                loads.measure(bench, NAME, peer, running, visitors, orders, by_room=bool(by_room))


SCENARIO = Scenario(
    NAME,
    "Two workers",
    "PostgreSQL, and with two workers Valkey between them. No process is bound to a core. The server has what the load"
    " generator leaves it, so compare the CPU per delivery as well. *Outstanding* posts are in flight in each room. By"
    " room 1: all people of a room connect to the same worker, as behind a proxy that chooses by the path.",
    run,
    columns=(
        Column("posts/s", "posts_per_second"),
        Column("deliveries/s", "deliveries_per_second"),
        Column("CPU µs per delivery", "cpu_us_per_delivery", "{:,.2f}"),
        Column("server's CPU", "server_cpu_share", "{:.0%}"),
        Column("generator's CPU", "generator_cpu_share", "{:.0%}"),
        Column("post to all p50 ms", "to_all_ms_p50", "{:,.1f}"),
        Column("p99 ms", "to_all_ms_p99", "{:,.1f}"),
    ),
)

"""Many small rooms at once."""

from benchmarks.load.group import Workload
from benchmarks.peers.catalogue import PEERS, TWO_WORKERS
from benchmarks.peers.peer import up
from benchmarks.scenarios import loads
from benchmarks.scenarios.scenario import Bench, Chart, Column, Scenario

NAME = "rooms"
PEOPLE_IN_A_ROOM = 10
CALM_POSTS_PER_SECOND = 100


def run(bench: Bench) -> None:
    rooms, seconds = bench.size(10, 1000), bench.size(0.5, 8.0)
    orders = [
        ({"rooms": rooms, "rate": CALM_POSTS_PER_SECOND}, Workload(seconds, rate=CALM_POSTS_PER_SECOND)),
        ({"rooms": rooms, "rate": 0}, Workload(seconds, outstanding=1)),
    ]
    for peer in bench.some(*PEERS):
        if peer is not TWO_WORKERS:
            with up(peer.start) as running:
                visitors = running.invite(rooms * PEOPLE_IN_A_ROOM, rooms)
                loads.measure(bench, NAME, peer, running, visitors, orders)


SCENARIO = Scenario(
    NAME,
    "Many rooms",
    f"{PEOPLE_IN_A_ROOM} people are in each room. Rate {CALM_POSTS_PER_SECOND}: so many posts a second over all"
    " rooms, whether earlier posts have arrived or not. Rate 0: one post is in flight in every room at once.",
    run,
    columns=(
        Column("posts/s", "posts_per_second"),
        Column("deliveries/s", "deliveries_per_second"),
        Column("CPU µs per delivery", "cpu_us_per_delivery", "{:,.1f}"),
        Column("post to all p50 ms", "to_all_ms_p50", "{:,.1f}"),
        Column("p99 ms", "to_all_ms_p99", "{:,.1f}"),
        Column("generator's CPU", "generator_cpu_share", "{:.0%}"),
    ),
    charts=(
        Chart(
            "Deliveries a second: 1,000 rooms of ten, one post in flight in each",
            "deliveries_per_second",
            "a second",
            {"rooms": 1000, "rate": 0},
        ),
    ),
)

"""Posts stored and acknowledged: as many as go, and a thousand a second."""

from benchmarks.load.group import Workload
from benchmarks.peers.catalogue import DAPHNE, POSTGRESQL, TUTORIAL_STORED, UVICORN
from benchmarks.peers.peer import up
from benchmarks.scenarios import loads
from benchmarks.scenarios.scenario import Bench, Chart, Column, Scenario

NAME = "posting"
# Unanswered posts of each poster.
OUTSTANDING = 20


def run(bench: Bench) -> None:
    posters, seconds, rate = bench.size(10, 100), bench.size(0.5, 10.0), bench.size(100, 1000)
    orders = [
        ({"posters": posters, "rate": rate}, Workload(seconds, rate=rate)),
        ({"posters": posters, "rate": 0}, Workload(seconds, outstanding=OUTSTANDING)),
    ]
    for peer in bench.some(UVICORN, POSTGRESQL, DAPHNE, TUTORIAL_STORED):
        with up(peer.start) as running:
            loads.measure(bench, NAME, peer, running, running.invite(posters, posters), orders)


SCENARIO = Scenario(
    NAME,
    "Posts stored",
    "Each poster is alone in a room. With a rate, all posters together write so many posts a second. Rate 0:"
    f" {OUTSTANDING} posts of each poster are in flight. The tutorial acknowledges nothing, so its post is done when it"
    " comes back.",
    run,
    columns=(
        Column("posts/s", "posts_per_second"),
        Column("CPU µs per post", "cpu_us_per_post"),
        Column("ack p50 ms", "ack_ms_p50", "{:,.1f}"),
        Column("ack p99 ms", "ack_ms_p99", "{:,.1f}"),
        Column("back p50 ms", "to_all_ms_p50", "{:,.1f}"),
        Column("back p99 ms", "to_all_ms_p99", "{:,.1f}"),
        Column("generator's CPU", "generator_cpu_share", "{:.0%}"),
    ),
    charts=(Chart("Posts stored a second", "posts_per_second", "a second", {"posters": 100, "rate": 0}),),
)

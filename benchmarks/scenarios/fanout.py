"""Fan-out in one room with more and more people, one message at a time and many at once."""

from benchmarks.load.group import Workload
from benchmarks.peers.catalogue import PEERS, TWO_WORKERS
from benchmarks.peers.peer import up
from benchmarks.scenarios import loads
from benchmarks.scenarios.scenario import Bench, Chart, Column, Scenario

NAME = "fanout"


def run(bench: Bench) -> None:
    peers = [peer for peer in bench.some(*PEERS) if peer is not TWO_WORKERS]
    seconds = bench.size(0.5, 4.0)
    rates: dict[str, float] = {}
    for clients in bench.size((20, 100), (100, 200, 1000, 5000, 10_000)):
        orders = [
            ({"clients": clients, "outstanding": outstanding}, Workload(seconds, outstanding=outstanding))
            for outstanding in bench.size((1, 20, 100), (1, 20, 100, 300))
        ]
        for peer in peers:
            if clients > loads.LONGEST_SECONDS * rates.get(peer.name, clients):
                for case, _ in orders:
                    bench.leave_out(NAME, peer, case, f"left out: {clients:,} would take more than a minute to connect")
                continue
            with up(peer.start) as running:
                rates[peer.name] = loads.measure(bench, NAME, peer, running, running.invite(clients), orders)


SCENARIO = Scenario(
    NAME,
    "One room",
    "All clients are in one room. *Outstanding* posts are in flight at a time, each until the last client has it. At"
    " most 20 people post, in turn. One post in flight is a conversation. Many are a load.",
    run,
    columns=(
        Column("deliveries/s", "deliveries_per_second"),
        Column("CPU µs per delivery", "cpu_us_per_delivery", "{:,.2f}"),
        Column("post to all p50 ms", "to_all_ms_p50", "{:,.1f}"),
        Column("p99 ms", "to_all_ms_p99", "{:,.1f}"),
        Column("messages per read", "messages_per_read", "{:,.1f}"),
        Column("generator's CPU", "generator_cpu_share", "{:.0%}"),
    ),
    charts=(
        Chart(
            "Deliveries a second: 200 clients, 100 posts in flight",
            "deliveries_per_second",
            "a second",
            {"clients": 200, "outstanding": 100},
        ),
        Chart(
            "Server CPU per delivery: 200 clients, one post at a time",
            "cpu_us_per_delivery",
            "µs",
            {"clients": 200, "outstanding": 1},
            "{:,.1f}",
        ),
        Chart(
            "Post to the last of 1,000 clients: one post at a time",
            "to_all_ms_p50",
            "ms",
            {"clients": 1000, "outstanding": 1},
            "{:,.1f}",
        ),
    ),
)

"""The targets of the site in one run with its peers, and its results."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.scenarios.scenario import Measurement


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a scenario, for a peer and a case."""

    scenario: str
    peer: str
    figure: str
    case: dict[str, int]

    def of(self, measurements: Sequence[Measurement]) -> float | None:
        for it in measurements:
            is_it = (it.scenario, it.peer) == (self.scenario, self.peer)
            if is_it and self.case.items() <= it.case.items() and self.figure in it.figures:
                return it.figures[self.figure]
        return None


@dataclass(frozen=True, slots=True)
class Target:
    """A figure, or with `over` how many times that of another one, that is to be `bound` at least, or at most."""

    text: str
    figure: Figure
    bound: float
    at_least: bool
    over: Figure | None = None
    unit: str = ""

    def reached(self, measurements: Sequence[Measurement]) -> float | None:
        """Return the reached value, or None where a part of it was not measured."""
        value = self.figure.of(measurements)
        if value is None or self.over is None:
            return value
        other = self.over.of(measurements)
        return value / other if other else None

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def written(self, value: float) -> str:
        number = f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"
        return f"{number} ×" if self.over else f"{number} {self.unit}".strip()


def _fanout(peer: str, figure: str, clients: int, outstanding: int) -> Figure:
    return Figure("fanout", peer, figure, {"clients": clients, "outstanding": outstanding})


def _posting(peer: str, figure: str, rate: int) -> Figure:
    return Figure("posting", peer, figure, {"posters": 100, "rate": rate})


def _page(figure: str, page: int) -> Figure:
    return Figure("pages", "site", figure, {"page": page})


def _workers(peer: str) -> Figure:
    return Figure("workers", peer, "deliveries_per_second", {"rooms": 100, "by room": 1})


CPU, SPEED, TO_ALL, LATE = "cpu_us_per_delivery", "deliveries_per_second", "to_all_ms_p50", "to_all_ms_p99"
IDLE, BUSY = (200, 1), (200, 100)
CALM = _fanout("site", CPU, *IDLE)
LOADED = _fanout("site", SPEED, *BUSY)
TEN_THOUSAND = {"clients": 10_000}

TARGETS = (
    Target("200 clients, one post at a time: CPU per delivery against websockets.broadcast()",
           CALM, 2, at_least=False, over=_fanout("websockets", CPU, *IDLE)),
    Target("The same: CPU of the tutorial against Chatsite's",
           _fanout("tutorial", CPU, *IDLE), 10, at_least=True, over=CALM),
    Target("200 clients, 100 posts in flight, stored", LOADED, 1e6, at_least=True, unit="deliveries/s"),
    Target("The same against websockets.broadcast()",
           LOADED, 5, at_least=True, over=_fanout("websockets", SPEED, *BUSY)),
    Target("The same against the tutorial", LOADED, 200, at_least=True, over=_fanout("tutorial", SPEED, *BUSY)),
    Target("1,000 clients, one post at a time: post to all p50 against websockets.broadcast()",
           _fanout("site", TO_ALL, 1000, 1), 2, at_least=False, over=_fanout("websockets", TO_ALL, 1000, 1)),
    Target("1,000 clients, 300 posts in flight",
           _fanout("site", SPEED, 1000, 300), 2e6, at_least=True, unit="deliveries/s"),
    Target("The same: post to all p99", _fanout("site", LATE, 1000, 300), 400, at_least=False, unit="ms"),
    Target("On Daphne against the tutorial, 200 clients, 100 posts in flight",
           _fanout("site-daphne", SPEED, *BUSY), 30, at_least=True, over=_fanout("tutorial", SPEED, *BUSY)),
    Target("Posts stored, SQLite", _posting("site", "posts_per_second", 0), 5000, at_least=True, unit="a second"),
    Target("Posts stored, PostgreSQL",
           _posting("site-postgresql", "posts_per_second", 0), 5000, at_least=True, unit="a second"),
    Target("Ack p50 at 1,000 posts a second, SQLite",
           _posting("site", "ack_ms_p50", 1000), 10, at_least=False, unit="ms"),
    Target("Ack p50 at 1,000 posts a second, PostgreSQL",
           _posting("site-postgresql", "ack_ms_p50", 1000), 10, at_least=False, unit="ms"),
    Target("10,000 idle connections in one process, memory of each",
           Figure("connecting", "site", "kib_per_connection", TEN_THOUSAND), 40, at_least=False, unit="KiB"),
    Target("10,000 clients connect and join", Figure("connecting", "site", "connect_seconds", TEN_THOUSAND),
           10, at_least=False, unit="s"),
    Target("10,000 clients after a restart: outage p99 minus the restart",
           Figure("restart", "site", "beyond_restart_s_p99", TEN_THOUSAND), 5, at_least=False, unit="s"),
    Target("Room page", _page("per_second", 0), 300, at_least=True, unit="a second"),
    Target("Page of older messages", _page("per_second", 2), 500, at_least=True, unit="a second"),
    Target("Pages of the oldest messages: p99 against the newest",
           _page("ms_p99", 3), 1.5, at_least=False, over=_page("ms_p99", 1)),
    Target("Two workers against one, 100 rooms, each on one worker",
           _workers("site-two"), 1.6, at_least=True, over=_workers("site-postgresql")),
)  # fmt: skip

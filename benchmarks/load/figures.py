"""The figures of one load: what the clients measured, and what the kernel says the server used."""

import math
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.load.group import Group
from benchmarks.load.room import Post
from benchmarks.processes import Process
from benchmarks.workers.meter import Meter

# Above this share of its own core the load generator may be what limits the figures.
BUSY_SHARE = 0.9

Figures = dict[str, float]


class Mark(NamedTuple):
    """The counts of a client group at one moment."""

    deliveries: int
    posts: set[int]
    reads: int


class Watch:
    """Looks at a load from its beginning on; `figures` are those since then. All times are in milliseconds but for
    `seconds`, processor time per delivery in microseconds, shares are of one core."""

    def __init__(self, group: Group, processes: Callable[[], Sequence[Process]]):
        self._group = group
        self._meter = Meter({"server": processes})
        self._before = Mark(
            group.deliveries, set(posts_of(group)), sum(len(connection.log) for connection in group.connections)
        )
        self._began = time.perf_counter()

    def figures(self) -> Figures:
        usage = self._meter.usage()
        posts = {number: post for number, post in posts_of(self._group).items() if number not in self._before.posts}
        arrived = reached_all(self._group, posts)
        deliveries = self._group.deliveries - self._before.deliveries
        reads = sum(len(connection.log) for connection in self._group.connections) - self._before.reads
        seconds = max(arrived.values(), default=time.perf_counter()) - self._began
        return {
            "posts": len(posts),
            "deliveries": deliveries,
            "seconds": seconds,
            "posts_per_second": len(posts) / seconds,
            "deliveries_per_second": deliveries / seconds,
            "messages_per_read": deliveries / max(reads, 1),
            "cpu_us_per_delivery": 1e6 * usage["server"].cpu_seconds / max(deliveries, 1),
            "cpu_us_per_post": 1e6 * usage["server"].cpu_seconds / max(len(posts), 1),
            "server_cpu_share": usage["server"].cores,
            "generator_cpu_share": usage["generator"].cores,
            "generator_was_busy": float(usage["generator"].cores >= BUSY_SHARE),
            **_latencies("to_all", [at - posts[number].at for number, at in arrived.items()]),
            **_latencies("ack", [post.answered_at - post.at for post in posts.values() if post.answered_at]),
        }


def reached_all(group: Group, posts: dict[int, Post]) -> dict[int, float]:
    """Return when the last client got each message: the latest arrival of any frame with it."""
    latest: dict[int, float] = {}
    for decoded in group.decoder.frames:
        for number in decoded.posts:
            if number in posts and decoded.last_at > latest.get(number, 0.0):
                latest[number] = decoded.last_at
    return latest


def posts_of(group: Group) -> dict[int, Post]:
    return {number: post for room in group.rooms.values() for number, post in room.posts.items()}


def _latencies(name: str, seconds: list[float]) -> Figures:
    """The median and the 99th percentile; nothing of nothing."""
    ordered = sorted(seconds)
    return {f"{name}_ms_p{percent}": 1000 * percentile(ordered, percent) for percent in (50, 99) if ordered}


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of values in ascending order, or NaN of none."""
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1] if ordered else math.nan

"""The model that scales unit costs to a site of any size: its workers, and the load of layer and database."""

import math
from collections.abc import Sequence

import msgspec

KIB_PER_GIB = 2**20
SIZES = (1_000, 10_000, 100_000, 1_000_000)


class Costs(msgspec.Struct, frozen=True):
    """CPU time in microseconds, and memory in KiB.

    Of a post: `post` for its worker, `delivery` for each reader, `hearing` for each other worker that receives it,
    `database` and `layer` once. `connection` is for connecting, `idle` for each second that a worker runs.
    """

    post: float
    delivery: float
    hearing: float
    database: float
    layer: float
    connection: float
    connection_kib: float
    worker_kib: float
    idle: float


class Habits(msgspec.Struct, frozen=True):
    """The behaviour of people: readers of a post, and posts and connects of a person in an hour. A worker is
    meant to be busy for `share` of its time at most, and to hold so many connections at most."""

    readers: int = 100
    posts_per_hour: float = 6.0
    comings_per_hour: float = 2.0
    share: float = 0.5
    connections_per_worker: int = 10_000


class Site(msgspec.Struct, frozen=True):
    """A site of one size. Cores are busy cores."""

    connections: int
    workers: int
    worker_cores: float
    memory_gib: float
    posts_per_second: float
    broadcasts_heard_per_second: float
    layer_cores: float
    database_cores: float


def site(connections: int, costs: Costs, habits: Habits) -> Site:
    """Return the site with enough workers. More workers hear more broadcasts, so they are added until all fits."""
    posts = connections * habits.posts_per_hour / 3600
    comings = connections * habits.comings_per_hour / 3600
    workers = max(1, math.ceil(connections / habits.connections_per_worker))
    while (cores := _worker_cores(workers, posts, comings, costs, habits)) > workers * habits.share:
        workers = max(workers + 1, math.ceil(cores / habits.share))
    heard = posts * min(workers, habits.readers)
    return Site(
        connections=connections,
        workers=workers,
        worker_cores=cores,
        memory_gib=(connections * costs.connection_kib + workers * costs.worker_kib) / KIB_PER_GIB,
        posts_per_second=posts,
        broadcasts_heard_per_second=heard,
        layer_cores=heard * costs.layer / 1e6,
        database_cores=posts * costs.database / 1e6,
    )


def _worker_cores(workers: int, posts: float, comings: float, costs: Costs, habits: Habits) -> float:
    """A post is heard by the workers that hold one of its readers, each at one in the worst case."""
    hearing = min(workers, habits.readers) - 1
    each = costs.post + habits.readers * costs.delivery + hearing * costs.hearing
    return (posts * each + comings * costs.connection + workers * costs.idle) / 1e6


def table(sites: Sequence[Site]) -> str:
    lines = [
        "| connections | workers | busy cores | memory | posts/s | broadcasts received/s | Valkey | PostgreSQL |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += (
        f"| {it.connections:,} | {it.workers:,} | {it.worker_cores:,.1f} | {it.memory_gib:,.1f} GiB"
        f" | {it.posts_per_second:,.0f} | {it.broadcasts_heard_per_second:,.0f}"
        f" | {it.layer_cores:,.2f} cores | {it.database_cores:,.2f} cores |"
        for it in sites
    )
    return "\n".join(lines)

"""The figures of one run over many workers, from what everybody wrote, received and missed."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.load.figures import percentile, posts_of
from benchmarks.workers.faults import Disturbance
from benchmarks.workers.member import Member
from benchmarks.workers.member_group import MemberGroup
from benchmarks.workers.meter import Usage


@dataclass(frozen=True, slots=True)
class Spread:
    """The distribution of a figure: its count, the median, the 99th percentile and the worst."""

    count: int
    p50: float
    p99: float
    worst: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        ordered = sorted(values)
        return cls(len(ordered), percentile(ordered, 50), percentile(ordered, 99), percentile(ordered, 100))


@dataclass(frozen=True, slots=True)
class Phase:
    """Posts written in one part of a run: seconds until their answer, and until others had them."""

    ack: Spread
    delivery: Spread


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of all parts of the site together: with the first few clients, since a worker loads much of itself only
    for them; with everybody in and idle; at the end."""

    first_clients: int
    first: int
    idle: int
    end: int


@dataclass(frozen=True, slots=True)
class PageLoads:
    """The room page over HTTP: how many in a second, the seconds each took, what the parts of the site did for it."""

    per_second: float
    seconds: Spread
    usage: dict[str, Usage]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures that are printed and written as JSON. `README.md` in the directory above defines each."""

    posts: int
    posts_per_second: float
    deliveries: int
    deliveries_per_second: float
    complete_seconds: float
    blackouts: Spread
    disturbed_seconds: float
    connections: int
    retries: int
    phases: dict[str, Phase]
    holes_healed: int
    commands_per_commit: float
    commit_seconds: float
    database_connections: int
    broadcasts: int
    connect_seconds: float
    usage: dict[str, Usage]
    memory: Memory
    log_lines: int
    page_loads: PageLoads | None


def of_posts(group: MemberGroup) -> dict[str, Any]:
    """Return the figures of the posts and of their deliveries."""
    posts, members = posts_of(group).values(), group.connections
    began, ended = min(post.at for post in posts), max(post.at for post in posts)
    acked = max(post.answered_at or began for post in posts)
    arrived = max((member.arrived[-1] for member in members if member.arrived), default=began)
    lost = [it for member in members for it in member.blackouts]
    return {
        "posts": len(posts),
        "posts_per_second": ratio(len(posts), acked - began),
        "deliveries": group.deliveries,
        "deliveries_per_second": ratio(group.deliveries, arrived - began),
        "complete_seconds": arrived - ended,
        "blackouts": Spread.of(it.ended - it.began for it in lost if it.ended is not None),
        "connections": sum(member.connections for member in members),
        "retries": sum(member.outbox.retries for member in members),
    }


def of_counts(counted: Counter[str]) -> dict[str, Any]:
    """Return the counts of the workers, the database and the layer."""
    return {
        "holes_healed": int(counted["chat_holes_healed_total"]),
        "commands_per_commit": ratio(counted["chat_batch_size_sum"], counted["chat_batch_size_count"]),
        "commit_seconds": ratio(counted["chat_commit_seconds_sum"], counted["chat_commit_seconds_count"]),
        "database_connections": counted["postgresql_connections"],
        "broadcasts": counted["broadcasts"],
    }


def phases(group: MemberGroup, disturbance: Disturbance | None, *, by_port: bool) -> dict[str, Phase]:
    """Acks and deliveries by the phase in which the post was written; one phase where nothing happened.

    `by_port`: workers are known by their ports, and only what came through another worker than the writer's counts.
    """
    posts = posts_of(group)
    phase_of = {number: disturbance.phase(post.at) if disturbance else "all" for number, post in posts.items()}
    through = {number: port for member in group.connections for number, port in member.outbox.written.items()}
    acks: dict[str, array[float]] = {phase: array("d") for phase in dict.fromkeys(phase_of.values())}
    deliveries: dict[str, array[float]] = {phase: array("d") for phase in acks}
    for number, post in posts.items():
        if post.answered_at is not None:
            acks[phase_of[number]].append(post.answered_at - post.at)
    for member in group.connections:
        for number, arrived in _deliveries(member, through, by_port):
            deliveries[phase_of[number]].append(arrived - posts[number].at)
    return {phase: Phase(Spread.of(acks[phase]), Spread.of(deliveries[phase])) for phase in acks}


def _deliveries(member: Member, through: Mapping[int, int], by_port: bool) -> Iterator[tuple[int, float]]:
    """Yield each message received from others, and when it was read."""
    for decoded, arrived, port in zip(member.log, member.arrived, member.ports, strict=True):
        for number in decoded.posts:
            if number in through and number not in member.outbox.written and not (by_port and through[number] == port):
                yield number, arrived


def ratio(amount: float, of: float) -> float:
    return amount / of if of else math.nan

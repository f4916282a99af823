"""The figures of one run over many workers, from what everybody wrote, received and missed."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from benchmarks.report import percentile
from benchmarks.workers.faults import Disturbance
from benchmarks.workers.gathering import Gathering
from benchmarks.workers.member import Member
from benchmarks.workers.meter import Usage
from benchmarks.workers.outbox import Written


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


def of_posts(gathering: Gathering) -> dict[str, Any]:
    """Return the figures of the posts and of their deliveries."""
    posts = gathering.written.values()
    began, ended = min(post.at for post in posts), max(post.at for post in posts)
    acked = max(post.acked_at or began for post in posts)
    arrived = max((member.arrived[-1] for member in gathering.members if member.arrived), default=began)
    lost = [it for member in gathering.members for it in member.blackouts]
    return {
        "posts": len(posts),
        "posts_per_second": ratio(len(posts), acked - began),
        "deliveries": gathering.deliveries,
        "deliveries_per_second": ratio(gathering.deliveries, arrived - began),
        "complete_seconds": arrived - ended,
        "blackouts": Spread.of(it.ended - it.began for it in lost if it.ended is not None),
        "connections": sum(member.connections for member in gathering.members),
        "retries": sum(outbox.retries for outbox in gathering.outboxes),
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


def phases(gathering: Gathering, disturbance: Disturbance | None, *, by_port: bool) -> dict[str, Phase]:
    """Acks and deliveries by the phase in which the post was written; one phase where nothing happened.

    `by_port`: workers are known by their ports, and only what came through another worker than the writer's counts.
    """
    written = gathering.written
    phase_of = {client_id: disturbance.phase(post.at) if disturbance else "all" for client_id, post in written.items()}
    acks: dict[str, array[float]] = {phase: array("d") for phase in dict.fromkeys(phase_of.values())}
    deliveries: dict[str, array[float]] = {phase: array("d") for phase in acks}
    for client_id, post in written.items():
        if post.acked_at is not None:
            acks[phase_of[client_id]].append(post.acked_at - post.at)
    for member in gathering.members:
        for client_id, seconds in _deliveries(member, written, by_port):
            deliveries[phase_of[client_id]].append(seconds)
    return {phase: Phase(Spread.of(acks[phase]), Spread.of(deliveries[phase])) for phase in acks}


def _deliveries(member: Member, written: Mapping[UUID, Written], by_port: bool) -> Iterator[tuple[UUID, float]]:
    """Yield each message received from others, with its seconds from writing to reading."""
    for chunk, arrived, port in zip(member.log, member.arrived, member.ports, strict=True):
        for row in chunk.rows:
            post = written.get(row.client_id)
            if post and row.client_id not in member.outbox.written and not (by_port and post.port == port):
                yield row.client_id, arrived - post.at


def ratio(amount: float, of: float) -> float:
    return amount / of if of else math.nan

"""The figures of one run, computed from the records of the clients and the kernel, as a table and as JSON."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from benchmarks.chunks import Chunk
from benchmarks.client_group import ClientGroup

# Above this share of its own core the load generator may be what limits the figures.
BUSY_SHARE = 0.9
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes of the server: alone, with everybody in and idle, at the end, and the highest so far."""

    before: int
    idle: int
    end: int
    peak: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures that are printed and written as JSON. `README.md` beside this file defines each."""

    clients: int
    posts: int
    posts_per_second: float
    deliveries: int
    deliveries_per_second: float
    ack_ms_p50: float
    ack_ms_p99: float
    post_to_all_ms_p50: float
    post_to_all_ms_p99: float
    server_cpu_us_per_delivery: float
    server_cpu_share: float
    generator_cpu_share: float
    memory: Memory
    connect_seconds: float
    frames: int
    changes_frames: int
    messages_per_frame: float
    retries: int


@dataclass(frozen=True, slots=True)
class Load:
    """The measurements around the loaded phase: seconds by the clock and of processor time."""

    seconds: float
    server_cpu_seconds: float
    generator_cpu_seconds: float


def figures(group: ClientGroup, load: Load, memory: Memory, connect_seconds: float, idle_frames: int) -> Figures:
    """The run's figures. Only runs in which everything arrived have meaningful ones."""
    chunks = {id(chunk): chunk for client in group.clients for chunk in client.log}.values()
    posts = group.posting.sent
    started = min(sent.at for sent in posts.values())
    acked = [sent for sent in posts.values() if sent.acked_at is not None]
    acks = sorted((sent.acked_at or 0) - sent.at for sent in acked)
    everywhere = reached_all(chunks)
    spread = sorted(everywhere[key] - sent.at for key, sent in posts.items() if key in everywhere)
    deliveries, changes_frames = group.deliveries, group.changes_frames
    return Figures(
        clients=len(group.clients),
        posts=len(acked),
        posts_per_second=_ratio(len(acked), max((sent.acked_at or 0 for sent in acked), default=started) - started),
        deliveries=deliveries,
        deliveries_per_second=_ratio(deliveries, max(everywhere.values(), default=started) - started),
        ack_ms_p50=1000 * percentile(acks, 50),
        ack_ms_p99=1000 * percentile(acks, 99),
        post_to_all_ms_p50=1000 * percentile(spread, 50),
        post_to_all_ms_p99=1000 * percentile(spread, 99),
        server_cpu_us_per_delivery=1e6 * _ratio(load.server_cpu_seconds, deliveries),
        server_cpu_share=_ratio(load.server_cpu_seconds, load.seconds),
        generator_cpu_share=_ratio(load.generator_cpu_seconds, load.seconds),
        memory=memory,
        connect_seconds=connect_seconds,
        frames=group.frames - idle_frames,
        changes_frames=changes_frames,
        messages_per_frame=_ratio(deliveries, changes_frames),
        retries=group.posting.retries,
    )


def reached_all(chunks: Iterable[Chunk]) -> dict[UUID, float]:
    """Return when the last client got each message: the latest arrival of any frame with it."""
    latest: dict[UUID, float] = {}
    for chunk in chunks:
        for row in chunk.rows:
            latest[row.client_id] = max(chunk.last_at, latest.get(row.client_id, 0.0))
    return latest


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of values in ascending order, or NaN of none."""
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1] if ordered else math.nan


def table(run: Figures) -> str:
    """The figures for people."""
    memory = run.memory
    per_client = (memory.idle - memory.before) / 1024 / run.clients
    lines = {
        "posts acked": f"{run.posts:,} · {run.posts_per_second:,.0f} a second · {run.retries} retries",
        "deliveries": f"{run.deliveries:,} · {run.deliveries_per_second:,.0f} a second",
        "ack latency": f"p50 {run.ack_ms_p50:.1f} ms · p99 {run.ack_ms_p99:.1f} ms",
        "post to all": f"p50 {run.post_to_all_ms_p50:.1f} ms · p99 {run.post_to_all_ms_p99:.1f} ms",
        "server CPU": f"{run.server_cpu_us_per_delivery:.2f} µs per delivery · {run.server_cpu_share:.0%} of a core",
        "server memory": (
            f"{memory.before / MIB:.0f} MiB alone · {memory.idle / MIB:.0f} idle · {memory.end / MIB:.0f} end"
            f" · {memory.peak / MIB:.0f} peak · {per_client:.0f} KiB per client"
        ),
        "connecting": f"{run.clients:,} clients in {run.connect_seconds:.2f} s",
        "frames received": f"{run.frames:,} · {run.messages_per_frame:.1f} messages in each with changes",
        "generator CPU": f"{run.generator_cpu_share:.0%} of a core",
    }
    return "\n".join(f"{label:<16} {text}" for label, text in lines.items())


def _ratio(amount: float, of: float) -> float:
    return amount / of if of else math.nan

"""The figures of a run, for people."""

from collections.abc import Iterator

from benchmarks.processes import MIB
from benchmarks.workers.figures import Figures, Spread


def table(run: Figures, clients: int) -> str:
    return "\n".join(f"{label:<20} {text}" for label, text in _lines(run, clients))


def _lines(run: Figures, clients: int) -> Iterator[tuple[str, str]]:
    yield "posts", f"{run.posts:,} · {run.posts_per_second:,.0f} a second · {run.retries} retries"
    yield "deliveries", f"{run.deliveries:,} · {run.deliveries_per_second:,.0f} a second"
    for name, phase in run.phases.items():
        yield f"ack {name}", _milliseconds(phase.ack)
        yield f"delivery {name}", _milliseconds(phase.delivery)
    yield "last post to last", f"{run.complete_seconds:.2f} s"
    if run.blackouts.count:
        yield "blackouts", _milliseconds(run.blackouts)
    yield "holes healed", f"{run.holes_healed:,}"
    for name, usage in run.usage.items():
        yield name, f"{usage.cores:.0%} of a core · {usage.memory / MIB:,.0f} MiB"
    yield "site CPU", f"{_cpu_us_per_delivery(run):.2f} µs per delivery · workers alone {_worker_us(run):.2f}"
    yield "memory", _memory(run, clients)
    yield "connecting", f"{run.connect_seconds:.1f} s"
    yield "connections", f"{run.connections:,} to workers · {run.database_connections} to PostgreSQL"
    yield "transactions", f"{run.commands_per_commit:.1f} commands in {1000 * run.commit_seconds:.1f} ms each"
    yield (
        "broadcasts",
        f"{run.broadcasts:,} · {run.deliveries / run.broadcasts if run.broadcasts else 0:,.0f} deliveries each",
    )
    yield "log", f"{run.log_lines:,} lines"
    if run.page_loads:
        workers = sum(usage.cores for name, usage in run.page_loads.usage.items() if name.startswith("worker"))
        yield "room pages", f"{run.page_loads.per_second:,.0f} a second · workers {workers:.0%} of a core"
        yield "room page", _milliseconds(run.page_loads.seconds)


def _milliseconds(spread: Spread) -> str:
    return (
        f"p50 {1000 * spread.p50:,.1f} ms · p99 {1000 * spread.p99:,.1f} ms · worst {1000 * spread.worst:,.0f} ms"
        f" · of {spread.count:,}"
    )


def _memory(run: Figures, clients: int) -> str:
    memory = run.memory
    each = (memory.idle - memory.first) / 1024 / (clients - memory.first_clients)
    return (
        f"{memory.first / MIB:,.0f} MiB with {memory.first_clients} clients · {memory.idle / MIB:,.0f} with all"
        f" · {memory.end / MIB:,.0f} at the end · {each:.0f} KiB per client"
    )


def _cpu_us_per_delivery(run: Figures) -> float:
    return 1e6 * sum(it.cpu_seconds for name, it in run.usage.items() if name != "generator") / run.deliveries


def _worker_us(run: Figures) -> float:
    return 1e6 * sum(it.cpu_seconds for name, it in run.usage.items() if name.startswith("worker")) / run.deliveries

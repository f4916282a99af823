"""All clients reconnect at once."""

import asyncio

from tests.faults import traps
from tests.faults.registry import fault

# Queries for messages, over all workers, that do not grow with the clients: pages that many share.
MOST_READS_OF_MESSAGES = 60


@fault(
    15,
    "1,000 clients come back at once after a restart",
    environment=traps.environment,
    quick="postgresql-uvicorn",
    load={"members": "stampede", "posters": 5, "rate": 20, "wait_seconds": (0.5, 2.0)},
)
async def all_clients_reconnect(run):
    """`admission` is from when a client tries until it is in; `back` from the moment when the first one is in again;
    `blackout` from when a client lost its line. In the last two is what clients wait between their tries."""
    for port in run.ports:
        await asyncio.to_thread(run.deployment.kill, port)
    await run.group.stop_writing()
    traps.queries(run.deployment).unlink(missing_ok=True)
    first, *others = run.ports
    await asyncio.to_thread(run.deployment.start, first)
    run.mended()
    for port in others:
        await asyncio.to_thread(run.deployment.start, port)
    await run.group.settle()
    for member in run.group.members:
        await member.until(lambda it=member: it.is_in)
    note_waits(run)
    note_queries(run)


def note_waits(run):
    members = run.group.members
    first = min(member.entered_at for member in members)
    admission_waits = [member.entered_at - member.connecting_at for member in members]
    back = [member.entered_at - first for member in members]
    blackouts = [member.entered_at - member.lost_at for member in members]
    for name, waits in (("admission", admission_waits), ("back", back), ("blackout", blackouts)):
        seconds = sorted(waits)
        p50, p99 = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
        run.note(**{"clients": len(members), f"{name}_p50": round(p50, 2), f"{name}_p99": round(p99, 2)})


def note_queries(run):
    queries = traps.queries(run.deployment).read_bytes()
    reads = queries.count(b"m")
    run.note(queries=len(queries), queries_for_messages=reads)
    run.expect(reads <= MOST_READS_OF_MESSAGES, f"{reads} queries for messages")

"""Everybody comes back at once."""

import asyncio
import time

from tests.faults import traps
from tests.faults.registry import fault

# Queries for messages, over all workers, that do not grow with the clients: pages that many share.
MOST_READS_OF_MESSAGES = 60


@fault(
    15,
    "1,000 clients come back at once after a restart",
    environment=lambda place: traps.environment(place, count=place.folder / "queries"),
    load={"members": "stampede", "posters": 5, "rate": 20, "wait_seconds": (0.5, 2.0)},
)
async def everybody_comes_back(run):
    for port in run.ports:
        await asyncio.to_thread(run.place.kill, port)
    await run.crowd.stop_writing()
    (run.folder / "queries").unlink(missing_ok=True)
    down = time.monotonic()
    for port in run.ports:
        await asyncio.to_thread(run.place.start, port)
    run.mended()
    up, start_seconds = asyncio.get_running_loop().time(), time.monotonic() - down
    await run.crowd.settle()
    for member in run.crowd.members:
        await member.until(lambda it=member: it.is_in)
    waits = sorted(max(0.0, member.entered_at - up) for member in run.crowd.members)
    blackouts = sorted(member.entered_at - member.lost_at for member in run.crowd.members)
    run.note(
        clients=len(waits),
        start_seconds=round(start_seconds, 1),
        back_p50=round(waits[len(waits) // 2], 2),
        back_p99=round(waits[len(waits) * 99 // 100], 2),
        blackout_p50=round(blackouts[len(blackouts) // 2], 2),
        blackout_p99=round(blackouts[len(blackouts) * 99 // 100], 2),
    )
    queries = (run.folder / "queries").read_bytes()
    run.note(queries=len(queries), queries_for_messages=queries.count(b"m"))
    reads = queries.count(b"m")
    run.expect(reads <= MOST_READS_OF_MESSAGES, f"{reads} queries for messages")

"""Clocks that are two minutes off, each worker's in another direction, and that jump while people write."""

import asyncio
import glob
from datetime import datetime

from tests.faults.registry import fault
from tests.processes.servers import cannot_run

MINUTES = (("+120", "-120"), ("-120", "+120"), ("+0", "+0"))


def library():
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    return found[0] if found else cannot_run("libfaketime (/usr/lib/*/faketime/libfaketimeMT.so.1)")


def environment(clock):
    """Only the wall clock moves: nothing may depend on it, while the monotonic one cannot be set."""
    return {
        "LD_PRELOAD": library(),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@fault(9, "Clocks are two minutes off, and jump by four", baseline=False, quick=("postgresql-uvicorn",))
async def clocks_are_off(run):
    for offsets in MINUTES:
        for port, offset in zip(run.ports, offsets, strict=False):
            clock = run.folder / f"clock {port}"
            clock.write_text(offset)
            run.place.other_environment(**environment(clock))
            if offsets is MINUTES[0]:
                await asyncio.to_thread(run.place.kill, port)
                await asyncio.to_thread(run.place.start, port)
        await run.quiet(3)
    await run.heal()
    run.expect(spread(run) > 100, "the clocks of the workers were right")


def spread(run):
    """Seconds between the earliest and the latest moment that the workers gave to what was written in a few seconds."""
    times = run.database.ask(
        f"SELECT m.created_at FROM chat_message m JOIN chat_room r ON r.id = m.room_id WHERE r.slug = '{run.room}'"
    )
    moments = [datetime.fromisoformat(str(time)) for [time] in times]
    return (max(moments) - min(moments)).total_seconds()

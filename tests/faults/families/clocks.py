"""Clocks that are two minutes wrong, each worker's in another direction, and that jump while people post."""

import asyncio
from datetime import datetime

from tests.faults import traps
from tests.faults.hooks import early
from tests.faults.registry import fault

SECONDS = ((+120, -120), (-120, +120), (0, 0))


def environment(deployment, clock):
    """Move the wall clock only. Nothing may depend on it, and the monotonic clock cannot be set."""
    return {**traps.environment(deployment), "PYTHONPATH": early.__path__[0], "FAULT_CLOCK": str(clock)}


@fault(9, "Clocks are two minutes off, and jump by four", baseline=False, quick="postgresql-uvicorn")
async def clocks_are_off(run):
    for offsets in SECONDS:
        await set_clocks(run, offsets)
        await run.quiet(3)
    await run.heal()
    run.expect(spread(run) > 100, "the clocks of the workers were right")


async def set_clocks(run, offsets):
    """Make the clocks of the workers wrong by so many seconds. The first time, the workers are restarted."""
    are_right = "FAULT_CLOCK" not in run.site.environment
    for port, offset in zip(run.ports, offsets, strict=False):
        clock = run.folder / f"clock {port}"
        set_to(clock, offset)
        if are_right:
            run.deployment.other_environment(**environment(run.deployment, clock))
            await asyncio.to_thread(run.deployment.kill, port)
            await asyncio.to_thread(run.deployment.start, port)


def set_to(clock, seconds):
    draft = clock.with_suffix(".draft")
    draft.write_text(str(seconds))
    draft.rename(clock)  # whole, whenever it is read


def spread(run):
    """Seconds between the earliest and the latest moment that the workers gave to what was written in a few seconds."""
    times = run.database.ask(
        f"SELECT m.created_at FROM chat_message m JOIN chat_room r ON r.id = m.room_id WHERE r.slug = '{run.room}'"
    )
    moments = [datetime.fromisoformat(str(time)) for [time] in times]
    return (max(moments) - min(moments)).total_seconds()

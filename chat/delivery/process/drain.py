"""How a process takes leave: what was asked of it is done, and each client is told when to come back. Within bounds."""

import asyncio
import logging
import random

from chat.delivery.open_rooms import OpenRooms
from chat.delivery.process.readiness import process_state
from chat.delivery.writer import Writer
from chat.protocol import Close

log = logging.getLogger(__name__)

FLUSH_SECONDS = 5.0
FAREWELL_SECONDS = 5.0
# How fast the others can take them in. Beyond so many seconds nobody is kept waiting for it.
RETURNS_PER_SECOND = 500
MAX_SPREAD_SECONDS = 4.0
# How long nobody answers while the only process ends and starts anew. Who comes sooner waits at random, and so longer.
RESTART_SECONDS = 3.0


async def drain_connections(writer: Writer, rooms: OpenRooms, *, is_alone: bool) -> None:
    """Send everybody away, to come back at different moments, once all they asked for is done.

    They come back to other processes, or, where this one `is_alone`, to its successor once that can be there.
    Returns when all have gone, or when those that do not take their farewell have had time enough: a process that ends
    while somebody still sends makes TCP take back what was said last.
    """
    await _finish(writer)
    leaving = list(rooms.connections())
    earliest = RESTART_SECONDS if is_alone else 0.0
    spread = min(MAX_SPREAD_SECONDS, len(leaving) / RETURNS_PER_SECOND)
    for connection in leaving:
        delay = round(earliest + random.uniform(0, spread), 2)  # noqa: S311
        connection.disconnect("restart", Close.DRAINING, reconnect_after=delay)
    await _wait_until_closed()


async def _wait_until_closed() -> None:
    """Wait also for those who were coming in, and for newcomers, who are turned away."""
    try:
        async with asyncio.timeout(FAREWELL_SECONDS):
            while process_state.sockets:
                await asyncio.wait(process_state.sockets)
    except TimeoutError:
        log.info("%d connections did not close in time.", len(process_state.sockets))


async def _finish(writer: Writer) -> None:
    try:
        async with asyncio.timeout(FLUSH_SECONDS):
            await writer.flush()
    except TimeoutError:
        log.warning("The database is not responding. Clients will retry what was not answered.")

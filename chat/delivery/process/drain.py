"""Connection draining: finish accepted commands, then close each socket with a time to reconnect. Bounded in time."""

import asyncio
import logging
import random

from chat.delivery.open_rooms import OpenRooms
from chat.delivery.process.readiness import process_state
from chat.delivery.writer import Writer
from chat.protocol import Close

log = logging.getLogger(__name__)

FLUSH_SECONDS = 5.0
CLOSE_SECONDS = 5.0
# The reconnects are spread to this rate, which the other processes can admit, but over no more than the time below.
RETURNS_PER_SECOND = 500
MAX_SPREAD_SECONDS = 4.0
# The time in which the only process restarts. A client that reconnects sooner fails, and its backoff makes it later.
RESTART_SECONDS = 3.0


async def drain_connections(writer: Writer, rooms: OpenRooms, *, is_alone: bool) -> None:
    """Answer all accepted commands, then ask each client to reconnect at a different moment.

    Clients reconnect to other processes. Where this process `is_alone`, they wait until its successor can be up.
    Returns when all sockets are closed or CLOSE_SECONDS are over. Ending the process earlier would be unsafe: if a
    client is still sending, TCP resets the connection and the last frames to it are lost.
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
    """Wait for all sockets: those in a room, those being admitted, and new ones, which are refused."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
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

"""Periodic frames of the client: acknowledgements, and pings after silence."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from chat.protocol import Ack, Ping
from chat.terminal.heartbeat import Heartbeat
from chat.terminal.outbox import Wire

ACKNOWLEDGE_SECONDS = 2.0
TICK_SECONDS = 1.0


class Keepalive:
    """Acknowledges and pings on one connection.

    `cursor` returns the read position, or "" while there is no cursor. `window` is the number of bytes that may be
    unacknowledged. At half of it, the client acknowledges at once instead of waiting for the timer.
    """

    def __init__(self, wire: Wire, heartbeat_seconds: float, cursor: Callable[[], str], window: int):
        self._wire, self._cursor = wire, cursor
        self._heartbeat = Heartbeat(heartbeat_seconds)
        self._unacknowledged, self._acknowledge_at_bytes = 0, window // 2
        self._is_acknowledgement_due = asyncio.Event()

    def heard(self) -> None:
        """Note that the server has sent something."""
        self._heartbeat.heard()

    def took(self, size: int) -> None:
        """Count the bytes of a frame. The cursor must already be past it."""
        self._unacknowledged += size
        if self._unacknowledged >= self._acknowledge_at_bytes:
            self._is_acknowledgement_due.set()

    async def run(self) -> None:
        """Run until the server no longer answers pings."""
        now = asyncio.get_running_loop().time
        acknowledged_at = now()
        while not self._heartbeat.is_dead():
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._is_acknowledgement_due.wait()
            if self._is_acknowledgement_due.is_set() or now() - acknowledged_at >= ACKNOWLEDGE_SECONDS:
                acknowledged_at = now()
                await self._acknowledge()
            if self._heartbeat.must_ask():
                await self._wire.send(Ping().encode())

    async def _acknowledge(self) -> None:
        self._is_acknowledgement_due.clear()
        if self._unacknowledged and (cursor := self._cursor()):
            self._unacknowledged = 0
            await self._wire.send(Ack(cursor=cursor).encode())

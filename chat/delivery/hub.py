"""This process's one member of the channel layer's groups: every broadcast comes in here once, whatever the sockets.

The layer is spoken to through `new_channel`, `group_add`, `group_discard`, `group_send` and `receive` alone, and
trusted with nothing: what it drops, doubles or reorders is put right by the feeds and the head check.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from chat import broadcast
from chat.broadcast import Event
from chat.delivery.tasks import Round, Tasks

log = logging.getLogger(__name__)

PUBLISH_TIMEOUT_SECONDS = 2.0
RENEW_SECONDS = 60.0
RETRY_SECONDS = 1.0
# Broadcasts waiting for a layer that is slow. Beyond it they are dropped: they are only hints.
MAX_WAITING = 10_000


class Hub:
    """`on_event` gets each broadcast; `on_trouble` is called when some may have been lost."""

    def __init__(self, layer: Any, on_event: Callable[[Event], None], on_trouble: Callable[[], None]):
        self._layer, self._on_event, self._on_trouble = layer, on_event, on_trouble
        self._groups: set[str] = set()
        self._waiting: asyncio.Queue[tuple[str, Event]] = asyncio.Queue(MAX_WAITING)
        self._tasks = Tasks()
        self._troubled = False
        self._channel: str | None = None
        self._has_channel = asyncio.Event()
        self._opening = asyncio.Lock()
        self._renewal = Round(self._renew, RENEW_SECONDS)

    def start(self) -> None:
        """Begin, whether the layer is there or not: it may come later."""
        self._groups.add(broadcast.WORKERS_GROUP)
        self._tasks.start(self._receive(), "hub receiving")
        self._tasks.start(self._publish(), "hub publishing")
        self._tasks.start(self._renewal.run(), "hub renewing")
        self._renewal.soon()

    async def stop(self) -> None:
        await self._tasks.cancel()
        for group in list(self._groups):
            await self.leave(group)

    async def join(self, group: str) -> None:
        """Become a member of `group`. A layer that is down is joined by the next renewal."""
        self._groups.add(group)
        if await self._try(self._open_channel):
            await self._try(self._layer.group_add, group, self._channel)

    async def leave(self, group: str) -> None:
        self._groups.discard(group)
        if self._channel is not None:
            await self._try(self._layer.group_discard, group, self._channel)

    def send(self, group: str, event: Event) -> None:
        """Have `event` sent to `group`, in the order of the calls, without waiting for the layer."""
        try:
            self._waiting.put_nowait((group, event))
        except asyncio.QueueFull:
            self._on_trouble()

    async def _publish(self) -> None:
        while True:
            group, event = await self._waiting.get()
            if not await self._try(self._layer.group_send, group, event):
                while not self._waiting.empty():
                    self._waiting.get_nowait()

    async def _receive(self) -> None:
        while True:
            try:
                await self._has_channel.wait()
                event = await self._layer.receive(self._channel)
            except Exception as error:
                self._note_trouble(error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            try:
                self._on_event(event)
            except Exception:
                log.exception("A broadcast could not be read: %s", event.get("type"))

    async def _renew(self) -> None:
        """Join all groups anew. Layers forget members: after a day, or after one message that sat too long."""
        if not (await self._try(self._open_channel) and await self._join_all()):
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._renewal.soon)

    async def _join_all(self) -> bool:
        for group in list(self._groups):
            if not await self._try(self._layer.group_add, group, self._channel):
                return False
        return True

    async def _open_channel(self) -> None:
        async with self._opening:
            if self._channel is None:
                self._channel = await self._layer.new_channel()
                self._has_channel.set()

    async def _try(self, call: Callable[..., Any], *arguments: Any) -> bool:
        """Whether the layer took it, in time."""
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                await call(*arguments)
        except Exception as error:
            self._note_trouble(error)
            return False
        if self._troubled:
            self._troubled = False
            log.warning("The channel layer is back.")
            self._on_trouble()
            self._renewal.soon()
        return True

    def _note_trouble(self, error: Exception) -> None:
        """Say it once per outage, and have the heads checked at once."""
        if not self._troubled:
            self._troubled = True
            log.warning("The channel layer does not answer (%r); messages come by the head check.", error)
            asyncio.get_running_loop().call_later(RETRY_SECONDS, self._renewal.soon)
        self._on_trouble()

"""This process's one member of the channel layer's groups: every broadcast comes in here once, whatever the sockets.

The layer is spoken to through `new_channel`, `group_add`, `group_discard`, `group_send` and `receive` (or `listen`,
where it has that) alone, and trusted with nothing: what it drops, doubles or reorders is put right by the feeds and the
head check.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from chat import broadcast
from chat.broadcast import Event
from chat.delivery.layer_health import BEAT, BEAT_SECONDS, LayerHealth
from chat.delivery.process.tasks import PeriodicTask, Tasks
from chat.telemetry.counters import counts

log = logging.getLogger(__name__)

PUBLISH_TIMEOUT_SECONDS = 2.0
RENEW_SECONDS = 60.0
RETRY_SECONDS = 1.0
# Broadcasts waiting for a layer that is slow. Beyond it they are dropped: they are only hints.
MAX_WAITING = 10_000
# Types of broadcasts of which one that could not be read is logged.
MAX_KINDS_LOGGED = 20


class Hub:
    """`on_event` gets each broadcast; `on_trouble` is called when some may have been lost."""

    def __init__(self, layer: Any, on_event: Callable[[Event], None], on_trouble: Callable[[], None]):
        self._layer, self._on_event, self._on_trouble = layer, on_event, on_trouble
        self._may_wait = getattr(layer, "may_wait", True)
        self._waiting: asyncio.Queue[tuple[str, Event]] = asyncio.Queue(MAX_WAITING)
        self._tasks = Tasks()
        self._channel: str | None = None
        self._has_channel = asyncio.Event()
        self._opening = asyncio.Lock()
        self._renewal = PeriodicTask(self._renew, RENEW_SECONDS)
        self._pulse = LayerHealth(f"hub.{uuid.uuid4().hex}", self.send, on_trouble, self._renewal.trigger)
        self._groups = {broadcast.WORKERS_GROUP, self._pulse.own_group}
        self._has_missed_groups = False
        self._unreadable: set[str] = set()

    @property
    def is_up(self) -> bool:
        """Whether the layer carries broadcasts, as far as this process knows."""
        return self._pulse.is_up

    @property
    def waiting(self) -> int:
        """Broadcasts that the layer has not been given yet."""
        return self._waiting.qsize()

    def start(self) -> None:
        """Begin, whether the layer is there or not: it may come later."""
        self._tasks.start(self._receive(), "hub receiving")
        self._tasks.start(self._publish(), "hub publishing")
        self._tasks.start(self._renewal.run(), "hub renewing")
        self._tasks.start(PeriodicTask(self._pulse.beat, BEAT_SECONDS).run(), "hub heartbeat")
        self._renewal.trigger()

    async def stop(self) -> None:
        await self._tasks.cancel()
        for group in list(self._groups):
            await self.leave(group)
        if self._channel is not None and (stop_listening := getattr(self._layer, "stop_listening", None)):
            stop_listening(self._channel)

    # ---- Groups

    async def join(self, group: str) -> None:
        """Become a member of `group`. In an outage nobody waits for that: it is joined when the layer is back."""
        self._groups.add(group)
        is_member = (
            self.is_up
            and await self._try(self._open_channel)
            and await self._try(self._layer.group_add, group, self._channel)
        )
        if not is_member:
            self._has_missed_groups = True

    async def leave(self, group: str) -> None:
        self._groups.discard(group)
        if self._channel is not None:
            await self._try(self._layer.group_discard, group, self._channel)

    async def _renew(self) -> None:
        """Join all groups anew. Layers forget members: after a day, or after one message that sat too long."""
        if not (await self._try(self._open_channel) and await self._join_all()):
            self._has_missed_groups = True  # tried again with the next beat
        elif self._has_missed_groups:
            self._has_missed_groups = False
            self._on_trouble()

    async def _join_all(self) -> bool:
        for group in list(self._groups):
            if not await self._try(self._layer.group_add, group, self._channel):
                return False
        return True

    async def _open_channel(self) -> None:
        async with self._opening:
            if self._channel is None:
                self._channel = await self._layer.new_channel()
                if listen := getattr(self._layer, "listen", None):
                    listen(self._channel, self._hear)
                self._has_channel.set()

    # ---- Broadcasts

    def send(self, group: str, event: Event) -> None:
        """Have `event` sent to `group`, in the order of the calls, without waiting for the layer."""
        try:
            self._waiting.put_nowait((group, event))
        except asyncio.QueueFull:
            counts.broadcasts_dropped += 1
            self._on_trouble()

    async def _publish(self) -> None:
        while True:
            group, event = await self._waiting.get()
            began_at = time.perf_counter()
            try:
                async with self._patience():
                    await self._layer.group_send(group, event)
            except Exception as error:
                self._pulse.note_trouble(error, failing_group=group)
                self._drop_waiting()
            else:
                self._pulse.note_published(group)
                counts.publish_seconds.observe(time.perf_counter() - began_at)

    def _patience(self) -> AbstractAsyncContextManager[Any]:
        """None for a layer that never waits: a timeout costs more than to send with it."""
        return asyncio.timeout(PUBLISH_TIMEOUT_SECONDS) if self._may_wait else nullcontext()

    def _drop_waiting(self) -> None:
        """What waits behind a broadcast that failed would fail as slowly, one after the other."""
        counts.publish_errors += 1
        counts.broadcasts_dropped += self._waiting.qsize()
        while not self._waiting.empty():
            self._waiting.get_nowait()

    async def _receive(self) -> None:
        while True:
            try:
                await self._has_channel.wait()
                event = await self._layer.receive(self._channel)
            except Exception as error:
                self._pulse.note_trouble(error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._hear(event)

    def _hear(self, event: Event) -> None:
        try:
            self._take(event)
        except Exception:
            self._say_unreadable(str(event.get("type")))

    def _say_unreadable(self, kind: str) -> None:
        """Log the error being handled, once for each type of event: a worker that sends one sends many."""
        if kind not in self._unreadable and len(self._unreadable) < MAX_KINDS_LOGGED:
            self._unreadable.add(kind)
            log.exception("Could not read a broadcast of type %s. Further ones of this type are not logged.", kind)

    def _take(self, event: Event) -> None:
        if event["type"] == BEAT:
            self._pulse.hear(event)
        else:
            counts.broadcasts_received += 1
            self._on_event(event)

    async def _try(self, call: Callable[..., Any], *arguments: Any) -> bool:
        """Whether the layer took it, in time."""
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                await call(*arguments)
        except Exception as error:
            self._pulse.note_trouble(error)
            return False
        return True

"""This process's one subscription to the channel layer: a broadcast arrives here once, for any number of sockets.

The hub uses only `new_channel`, `group_add`, `group_discard`, `group_send` and `receive` of the layer (or `listen`,
where the layer has it). It does not trust the layer: the feeds and the head check repair what the layer drops,
duplicates or reorders.
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
# Broadcasts that wait for a slow layer. Beyond this they are dropped: they are only hints to read the database.
MAX_WAITING = 10_000
# An unreadable broadcast is logged once per type, for at most this many types.
MAX_KINDS_LOGGED = 20


class Hub:
    """Sends and receives broadcasts. `on_event` gets each; `on_loss` is called when some may have been lost."""

    def __init__(self, layer: Any, on_event: Callable[[Event], None], on_loss: Callable[[], None]):
        self._layer, self._on_event, self._on_loss = layer, on_event, on_loss
        self._may_wait = getattr(layer, "may_wait", True)
        self._waiting: asyncio.Queue[tuple[str, Event]] = asyncio.Queue(MAX_WAITING)
        self._tasks = Tasks()
        self._channel: str | None = None
        self._has_channel = asyncio.Event()
        self._opening = asyncio.Lock()
        self._renewal = PeriodicTask(self._renew, RENEW_SECONDS)
        self._layer_health = LayerHealth(f"hub.{uuid.uuid4().hex}", self.send, on_loss, self._renewal.trigger)
        self._groups = {broadcast.WORKERS_GROUP, self._layer_health.own_group}
        self._has_missed_groups = False
        self._unreadable: set[str] = set()

    @property
    def is_up(self) -> bool:
        """Return whether the layer carries broadcasts, as far as this process knows."""
        return self._layer_health.is_up

    @property
    def waiting(self) -> int:
        """Return the number of broadcasts that have not been handed to the layer yet."""
        return self._waiting.qsize()

    def start(self) -> None:
        """Start the tasks. The layer need not be reachable yet."""
        self._tasks.start(self._receive(), "hub receiving")
        self._tasks.start(self._send_waiting(), "hub publishing")
        self._tasks.start(self._renewal.run(), "hub renewing")
        self._tasks.start(PeriodicTask(self._layer_health.beat, BEAT_SECONDS).run(), "hub heartbeat")
        self._renewal.trigger()

    async def stop(self) -> None:
        await self._tasks.cancel()
        for group in list(self._groups):
            await self.leave(group)
        if self._channel is not None and (stop_listening := getattr(self._layer, "stop_listening", None)):
            stop_listening(self._channel)

    # ---- Groups

    async def join(self, group: str) -> None:
        """Join `group`. During an outage this returns at once, and the group is joined when the layer is back."""
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
        """Join all groups again. Layers forget members after a day, or after a message that nobody fetched in time."""
        if not (await self._try(self._open_channel) and await self._join_all()):
            self._has_missed_groups = True  # the next beat tries again
        elif self._has_missed_groups:
            self._has_missed_groups = False
            self._on_loss()

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
                    listen(self._channel, self._handle)
                self._has_channel.set()

    # ---- Broadcasts

    def publish(self, event: Event) -> None:
        """Send `event` to its group, as `send` does."""
        self.send(broadcast.group_of(event), event)

    def send(self, group: str, event: Event) -> None:
        """Queue `event` for `group` and return at once. Events are sent in the order of the calls."""
        try:
            self._waiting.put_nowait((group, event))
        except asyncio.QueueFull:
            counts.broadcasts_dropped += 1
            self._on_loss()

    async def _send_waiting(self) -> None:
        while True:
            group, event = await self._waiting.get()
            began_at = time.perf_counter()
            try:
                async with self._publish_timeout():
                    await self._layer.group_send(group, event)
            except Exception as error:
                self._layer_health.note_failure(error, failing_group=group)
                self._drop_waiting()
            else:
                self._layer_health.note_published(group)
                counts.publish_seconds.observe(time.perf_counter() - began_at)

    def _publish_timeout(self) -> AbstractAsyncContextManager[Any]:
        """Return a timeout, or a null context for a layer that never waits: there a timeout costs more than sending."""
        return asyncio.timeout(PUBLISH_TIMEOUT_SECONDS) if self._may_wait else nullcontext()

    def _drop_waiting(self) -> None:
        """Drop the queue behind a broadcast that failed: each would fail as slowly, one after the other."""
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
                self._layer_health.note_failure(error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._handle(event)

    def _handle(self, event: Event) -> None:
        try:
            self._dispatch(event)
        except Exception:
            self._log_unreadable(str(event.get("type")))

    def _log_unreadable(self, kind: str) -> None:
        """Log the error being handled, once per type of event: a worker that sends one sends many."""
        if kind not in self._unreadable and len(self._unreadable) < MAX_KINDS_LOGGED:
            self._unreadable.add(kind)
            log.exception("Could not read a broadcast of type %s. Further ones of this type are not logged.", kind)

    def _dispatch(self, event: Event) -> None:
        if event["type"] == BEAT:
            self._layer_health.receive_beat(event)
        else:
            counts.broadcasts_received += 1
            self._on_event(event)

    async def _try(self, call: Callable[..., Any], *arguments: Any) -> bool:
        """Return whether the layer accepted the call in time."""
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                await call(*arguments)
        except Exception as error:
            self._layer_health.note_failure(error)
            return False
        return True

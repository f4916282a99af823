"""Runs each follower in one process at a time, and decides what is due for notices."""

import asyncio
import logging
import time
import uuid
from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from chat.actions import notices
from chat.actions.followers import cursors
from chat.actions.followers import notices as notices_follower
from chat.actions.followers import previews as previews_follower
from chat.actions.followers import webhooks as webhooks_follower
from chat.actions.followers.cursors import CursorLost, Step
from chat.actions.jobs import leases
from chat.broadcast import Event
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import PeriodicTask

log = logging.getLogger(__name__)

# A process without the lease asks for it this often.
TAKE_SECONDS = 10.0
# The holder looks this often for what no broadcast has told it.
CHECK_SECONDS = 30.0
# The time in which new messages are collected before they are read.
WAKE_SECONDS = 0.5
# After as many steps in one room, the others have their turn.
STEPS_AT_ONCE = 10


class LogFollower(PeriodicTask):
    """Follows the logs of all rooms while this process holds the lease of the follower `name`.

    The lease only saves work. If two processes take themselves for the holder, each cursor is still moved once.
    `behind` is the number of revisions that had not been read at the last check.
    """

    name: str

    def __init__(self, database: DatabaseThreads, worker_id: uuid.UUID):
        super().__init__(self.follow, TAKE_SECONDS)
        self._database, self._worker_id = database, worker_id
        self._is_holder = False
        # Whether anything follows from messages, as of the last check. If not, messages wake nothing.
        self._is_needed = False
        self._checked_at = float("-inf")
        self._rooms: set[int] = set()
        self._wake: asyncio.TimerHandle | None = None
        self.behind = 0

    def take(self, event: Event) -> None:
        """Take a broadcast from `broadcast.publish_moved`. Its new messages and mentions are read soon."""
        if not self._is_holder or not self._is_needed:
            return
        rooms = [room_id for room_id, _ in event.get("heads", ())]
        rooms += [room_id for _, room_id, seq in event.get("mentioned", ()) if seq]
        if rooms:
            self._rooms.update(rooms)
            self._wake_in(WAKE_SECONDS)

    def stop(self) -> None:
        if self._wake is not None:
            self._wake.cancel()

    async def follow(self) -> None:
        """Work on what is new in the logs. A process without the lease only asks for it."""
        if not self._is_holder or time.monotonic() - self._checked_at >= CHECK_SECONDS:
            await self._check()
        if self._is_holder:
            rooms, self._rooms = self._rooms, set()
            await self._follow_rooms(rooms)

    async def _check(self) -> None:
        """Take the lease or see that it is still held, and find all rooms with changes."""
        was_holder = self._is_holder
        self._is_holder = await self._database.write(leases.take, f"follower:{self.name}", self._worker_id)
        if not self._is_holder:
            self.behind = 0
            return
        if not was_holder:
            await self._database.write(cursors.start, self.name)
        found = await self._rooms_to_read(await self._database.read(cursors.behind, self.name))
        self._rooms.update(found)
        self.behind = sum(found.values())
        self._checked_at = time.monotonic()

    @abstractmethod
    async def _rooms_to_read(self, behind: dict[int, int]) -> dict[int, int]:
        """Return those of the rooms with changes that are to be read, and set `_is_needed`."""

    @abstractmethod
    async def _work_on(self, step: Step) -> None:
        """Write what follows from the changes of a step, and move the cursor."""

    async def _follow_rooms(self, rooms: Iterable[int]) -> None:
        for room_id in rooms:
            try:
                await self._follow_room(room_id)
            except CursorLost:
                log.info("Another process has followed a room meanwhile")

    async def _follow_room(self, room_id: int) -> None:
        for _ in range(STEPS_AT_ONCE):
            step = await self._database.read(cursors.next_step, self.name, room_id)
            if step is None:
                return
            await self._work_on(step)
        self._rooms.add(room_id)
        self.trigger()

    def _wake_in(self, seconds: float) -> None:
        """Run in as many seconds, or earlier if that was asked for before."""
        loop = asyncio.get_running_loop()
        if self._wake is not None and loop.time() < self._wake.when():
            if self._wake.when() <= loop.time() + seconds:
                return
            self._wake.cancel()
        self._wake = loop.call_later(seconds, self.trigger)


class PreviewFollower(LogFollower):
    """Enqueues a task for each link that gets a preview. It runs only while the setting is on."""

    name = previews_follower.NAME

    async def _rooms_to_read(self, behind: dict[int, int]) -> dict[int, int]:
        self._is_needed = True
        return behind

    async def _work_on(self, step: Step) -> None:
        wanted = await self._database.read(previews_follower.plan, step)
        await self._database.write(previews_follower.write, step, wanted)


class WebhookFollower(LogFollower):
    """Adds deliveries to outgoing webhooks. Without any, it moves its cursors and reads nothing."""

    name = webhooks_follower.NAME

    async def _rooms_to_read(self, behind: dict[int, int]) -> dict[int, int]:
        self._is_needed = await self._database.read(webhooks_follower.is_wanted)
        if behind and not self._is_needed:
            await self._database.write(webhooks_follower.skip_if_unwanted)
            behind = {}
        return behind

    async def _work_on(self, step: Step) -> None:
        deliveries = await self._database.read(webhooks_follower.plan, step)
        await self._database.write(webhooks_follower.write, step, deliveries)


class NoticeFollower(LogFollower):
    """Enqueues emails and pushes that are due. Each channel is moved once, also by two processes."""

    name = notices_follower.NAME

    def __init__(self, database: DatabaseThreads, worker_id: uuid.UUID):
        super().__init__(database, worker_id)
        # When the next channel is due, as far as known here.
        self._due_at: datetime | None = None

    async def follow(self) -> None:
        """Read what is new in the logs, then decide what is due."""
        await super().follow()
        if self._is_holder:
            await self._decide()

    async def _rooms_to_read(self, behind: dict[int, int]) -> dict[int, int]:
        """Return the rooms, or skip them all if nobody has a channel that is on."""
        self._is_needed = await self._database.read(notices_follower.is_wanted)
        if behind and not self._is_needed:
            await self._database.write(notices_follower.skip_if_unwanted)
            behind = {}
        self._due_at = timezone.now()  # perhaps another process made something due
        return behind

    async def _work_on(self, step: Step) -> None:
        last: int | None = 0
        while last is not None:
            page = await self._database.read(notices_follower.plan, step, timezone.now(), last)
            await self._database.write(notices_follower.write, step, page)
            self._expect(page.first_due)
            last = page.last

    def _expect(self, at: datetime | None) -> None:
        if at is not None:
            self._due_at = min(at, self._due_at or at)

    async def _decide(self) -> None:
        """Decide on all channels that are due, and wake up when the next one is."""
        now = timezone.now()
        if self._due_at is not None and self._due_at <= now:
            found = await self._database.read(notices.next_due)
            for channel_id in [pk for pk, at in found if at <= now]:
                await self._decide_one(channel_id, now)
            later = [at for _, at in found if at > now]
            is_full = len(found) == notices.DUE_AT_ONCE and not later
            self._due_at = now if is_full else min(later, default=None)
        if self._due_at is not None:
            self._wake_in(max((self._due_at - timezone.now()).total_seconds(), 0.0))

    async def _decide_one(self, channel_id: int, now: datetime) -> None:
        try:
            await self._database.write(notices.decide, channel_id, now)
        except Exception:  # the outermost guard: one channel must not stop all others
            log.exception("Could not notify a person. It is tried again later.")
            await self._database.write(notices.postpone, channel_id, now)

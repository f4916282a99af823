"""A process's copy of one room's log: it orders broadcasts, reads gaps from the database and wakes the connections."""

import asyncio
import logging
from typing import Protocol

from django.db import DatabaseError, Error

from chat import history
from chat.broadcast import Event
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import Tasks
from chat.delivery.segment import LogSegment
from chat.history import ChangedRows, Head
from chat.protocol import Cursor
from chat.telemetry.counters import counts

log = logging.getLogger(__name__)

# The time that an early broadcast waits for the one before it.
REORDER_SECONDS = 0.03
RING_CHANGES = 2048
RING_BYTES = 4 * 1024 * 1024
# Rows of one read. The limit is larger than a resume may need, so that a resume costs one read.
PAGE_CHANGES = 1000
# Broadcasts that wait for an earlier one. Further ones are dropped, and the database is read for them.
MAX_EARLY = 100


class Follower(Protocol):
    """A connection's pump, as the feed sees it: something to wake when the feed has moved."""

    def wake(self) -> None: ...


class Feed:
    """Follows a room's log up to revision `rev`, and holds the last changes in `ring`.

    The feed advances only by a broadcast that begins exactly at `rev`, or by rows it read from the database. Every
    other broadcast is a hint to read. `generation` counts how often the log was replaced by another one.
    """

    def __init__(self, head: Head, database: DatabaseThreads):
        self.room_id = head.room_id
        self.floor_rev = head.floor_rev
        self.generation = 0
        self.ring = LogSegment(head.epoch, head.room_id, head.rev)
        self.pumps: set[Follower] = set()
        self.gaps_filled = 0
        self._database = database
        self._early: dict[int, Event] = {}
        self._tasks = Tasks()
        self._reorder_timer: asyncio.TimerHandle | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._catch_up_again = False
        self._reading_back: asyncio.Task[LogSegment] | None = None
        self._lowest_wanted: int | None = None

    @property
    def epoch(self) -> str:
        return self.ring.epoch

    @property
    def rev(self) -> int:
        return self.ring.end

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.epoch, self.room_id, self.rev)

    async def stop(self) -> None:
        if self._reorder_timer:
            self._reorder_timer.cancel()
        await self._tasks.cancel()

    # ---- Following the log

    def take(self, event: Event) -> None:
        """Take a broadcast of changes. Apply it if it follows, keep it if it is early, drop it if it is old."""
        if event["epoch"] != self.epoch:
            self.catch_up()
        elif event["rev"] <= self.rev:
            return
        elif event["after"] == self.rev:
            counts.broadcasts_applied += 1
            self._apply(event)
        elif event["after"] > self.rev:
            if len(self._early) < MAX_EARLY:
                self._early[event["after"]] = event
            self._wait_for_missing()
        else:
            self.catch_up()

    def _apply(self, event: Event | None) -> None:
        while event is not None:
            self.ring.extend(list(zip(event["revs"], event["messages"], strict=True)), event["rev"])
            event = self._early.pop(self.rev, None)
        self._moved()

    def _moved(self) -> None:
        self.ring.trim(most=RING_CHANGES, most_bytes=RING_BYTES)
        self._early = {after: event for after, event in self._early.items() if after >= self.rev}
        self.wake()

    def wake(self) -> None:
        for pump in self.pumps:
            pump.wake()

    def _wait_for_missing(self) -> None:
        if self._reorder_timer is None:
            self._reorder_timer = asyncio.get_running_loop().call_later(REORDER_SECONDS, self._stop_waiting)

    def _stop_waiting(self) -> None:
        self._reorder_timer = None
        if self._early:
            self.catch_up()

    def observe_head(self, head: Head, *, known: tuple[str, int]) -> None:
        """Take the room's head as read from the database. `known` is (epoch, rev) of this feed before that read."""
        self._raise_floor(head)
        if head.epoch != self.epoch or (known == (self.epoch, self.rev) and head.rev < self.rev):
            self._start_over(head)
        elif head.rev > self.rev:
            self.catch_up()

    def _raise_floor(self, head: Head) -> None:
        """Raise the floor to that of `head`. A connection below the floor has missed changes that no longer exist.

        The floor never falls, because heads may arrive in another order than they were read in.
        """
        if head.epoch == self.epoch:
            self.floor_rev = max(self.floor_rev, head.floor_rev)

    def catch_up(self) -> None:
        """Read the missing changes, once for all connections. A call during the read causes one more read after it."""
        self._catch_up_again = True
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = self._tasks.start(self._read_missing(), f"catching up on room {self.room_id}")

    async def _read_missing(self) -> None:
        while self._catch_up_again:
            self._catch_up_again = False
            try:
                rows = await self._database.read(history.changes_after, self.room_id, self.rev, PAGE_CHANGES)
            except Error:
                log.exception("Could not read room %d. The next head check will try again.", self.room_id)
                return
            if rows is not None:
                self._take_rows(rows)

    def _take_rows(self, rows: ChangedRows) -> None:
        if rows.head.epoch != self.epoch or rows.head.rev < rows.after:
            self._start_over(rows.head)
            return
        self._raise_floor(rows.head)
        if rows.rev > self.rev:
            self.gaps_filled += 1
            counts.holes_healed += 1
            self.ring.extend(rows.entries, rows.rev)
            self._apply(self._early.pop(self.rev, None))
        if rows.rev < rows.head.rev:
            self._catch_up_again = True

    def _start_over(self, head: Head) -> None:
        """Follow another log, which has replaced the one followed so far. Connections are told to load it again."""
        log.warning("The history of room %d was replaced. Its connections will load it again.", self.room_id)
        self.generation += 1
        self.ring = LogSegment(head.epoch, self.room_id, head.rev)
        self.floor_rev = head.floor_rev
        self._early.clear()
        self.wake()

    # ---- Reading older changes

    async def segment_for(self, rev: int) -> LogSegment | None:
        """Return a segment that continues at `rev`: the ring, or a page from the database.

        All calls made during one read share its page. Returns None when the log was replaced. Raises
        `django.db.Error` when the log cannot be read.
        """
        generation = self.generation
        while generation == self.generation and not self.ring.covers(rev):
            self._lowest_wanted = rev if self._lowest_wanted is None else min(rev, self._lowest_wanted)
            if self._reading_back is None or self._reading_back.done():
                self._reading_back = self._tasks.start(self._read_back(), f"reading the history of room {self.room_id}")
            # Shielded, so that a cancelled caller does not cancel the read of the others.
            reading = self._reading_back
            segment = await asyncio.shield(reading)
            if self._reading_back is reading:
                self._reading_back = None  # the page is only for the calls that waited for it
            if generation == self.generation and segment.start <= rev < segment.end:
                return segment
        return self.ring if generation == self.generation else None

    async def _read_back(self) -> LogSegment:
        """Read the changes after the lowest revision asked for, and add them to the ring if they reach it."""
        assert self._lowest_wanted is not None
        start, self._lowest_wanted = self._lowest_wanted, None
        ring_start = self.ring.start
        rows = await self._database.read(history.changes_after, self.room_id, start, PAGE_CHANGES)
        if rows is None:
            raise DatabaseError(f"Room {self.room_id} no longer exists")
        segment = LogSegment.of(rows)
        if rows.head.epoch != self.epoch or rows.head.rev < ring_start:
            self._start_over(rows.head)
            return segment
        self._raise_floor(rows.head)
        if self.ring.start <= segment.end <= self.rev:
            self.ring = self.ring.starting_with(segment)
            self.ring.trim(most=RING_CHANGES, most_bytes=RING_BYTES)
        elif rows.head.rev > self.rev:
            self.catch_up()
        return segment

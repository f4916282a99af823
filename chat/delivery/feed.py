"""One room as this process follows it: broadcasts put in order, gaps read from the database, connections woken."""

import asyncio
import logging
from typing import TYPE_CHECKING

from django.db import DatabaseError, Error

from chat import history
from chat.broadcast import Event
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import Tasks
from chat.delivery.segment import LogSegment
from chat.history import ChangedRows, Head
from chat.protocol import Cursor
from chat.telemetry.counters import counts

if TYPE_CHECKING:
    from chat.delivery.pump import Pump

log = logging.getLogger(__name__)

# How long a broadcast that came too early waits for the one before it.
REORDER_SECONDS = 0.03
RING_CHANGES = 2048
RING_BYTES = 4 * 1024 * 1024
# Rows of one read. More than a resume may need, so that a resume costs one.
PAGE_CHANGES = 1000
# Broadcasts that wait for an earlier one. When there are more, the database is asked in any case.
MAX_EARLY = 100


class Feed:
    """Stands at revision `rev` of a room's log and holds the last changes up to there in `ring`.

    It moves only by a broadcast that begins exactly where it stands, or by what it read from the database; every other
    broadcast is a hint to read. `generation` counts how often the log turned out to be another one.
    """

    def __init__(self, head: Head, database: DatabaseThreads):
        self.room_id = head.room_id
        self.floor_rev = head.floor_rev
        self.generation = 0
        self.ring = LogSegment(head.epoch, head.room_id, head.rev)
        self.pumps: set[Pump] = set()
        self.healed = 0
        self._database = database
        self._early: dict[int, Event] = {}
        self._tasks = Tasks()
        self._patience: asyncio.TimerHandle | None = None
        self._healing: asyncio.Task[None] | None = None
        self._catch_up_again = False
        self._reading_back: asyncio.Task[LogSegment] | None = None
        self._wanted: int | None = None

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
        if self._patience:
            self._patience.cancel()
        await self._tasks.cancel()

    # ---- Going forward

    def take(self, event: Event) -> None:
        """A broadcast of changes: applied if it follows, kept a moment if it is early, dropped if it is old."""
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
            self._wait_for_the_missing()
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

    def _wait_for_the_missing(self) -> None:
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(REORDER_SECONDS, self._patience_ended)

    def _patience_ended(self) -> None:
        self._patience = None
        if self._early:
            self.catch_up()

    def observe_head(self, head: Head, *, known: tuple[str, int]) -> None:
        """The room's head as the database has it; `known` is (epoch, rev) of this feed before it was read."""
        self._raise_floor(head)
        if head.epoch != self.epoch or (known == (self.epoch, self.rev) and head.rev < self.rev):
            self._start_over(head)
        elif head.rev > self.rev:
            self.catch_up()

    def _raise_floor(self, head: Head) -> None:
        """Whatever brings a head brings its floor: who stands below it has missed what is told no longer. Heads may
        come in another order than they were read in."""
        if head.epoch == self.epoch:
            self.floor_rev = max(self.floor_rev, head.floor_rev)

    def catch_up(self) -> None:
        """Read what is missing, once for everybody. Asked while it is being read, it is read once more after that."""
        self._catch_up_again = True
        if self._healing is None or self._healing.done():
            self._healing = self._tasks.start(self._heal(), f"catching up on room {self.room_id}")

    async def _heal(self) -> None:
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
            self.healed += 1
            counts.holes_healed += 1
            self.ring.extend(rows.entries, rows.rev)
            self._apply(self._early.pop(self.rev, None))
        if rows.rev < rows.head.rev:
            self._catch_up_again = True

    def _start_over(self, head: Head) -> None:
        """The database holds another log than the one followed so far: everybody is told to load it anew."""
        log.warning("The history of room %d was replaced. Its connections will load it again.", self.room_id)
        self.generation += 1
        self.ring = LogSegment(head.epoch, self.room_id, head.rev)
        self.floor_rev = head.floor_rev
        self._early.clear()
        self.wake()

    # ---- Going back

    async def span_for(self, rev: int) -> LogSegment | None:
        """A span that goes on from `rev`: the ring, or a page from the database, shared by all that ask meanwhile.

        None when the log became another one. `django.db.Error` when it cannot be read.
        """
        generation = self.generation
        while generation == self.generation and not self.ring.covers(rev):
            self._wanted = rev if self._wanted is None else min(rev, self._wanted)
            if self._reading_back is None or self._reading_back.done():
                self._reading_back = self._tasks.start(self._read_back(), f"reading the history of room {self.room_id}")
            # Shielded: one that leaves does not take the page from the others.
            reading = self._reading_back
            span = await asyncio.shield(reading)
            if self._reading_back is reading:
                self._reading_back = None  # its page is for those who waited for it, not to be kept
            if generation == self.generation and span.start <= rev < span.end:
                return span
        return self.ring if generation == self.generation else None

    async def _read_back(self) -> LogSegment:
        """The changes after the lowest revision that was asked for. Where they reach the ring, it takes them in."""
        assert self._wanted is not None
        start, self._wanted = self._wanted, None
        ring_start = self.ring.start
        rows = await self._database.read(history.changes_after, self.room_id, start, PAGE_CHANGES)
        if rows is None:
            raise DatabaseError(f"Room {self.room_id} no longer exists")
        span = LogSegment(self.epoch, self.room_id, start)
        if rows.head.epoch != self.epoch or rows.head.rev < ring_start:
            self._start_over(rows.head)
            return span
        self._raise_floor(rows.head)
        span.extend(rows.entries, rows.rev)
        if self.ring.start <= span.end <= self.rev:
            self.ring = self.ring.starting_with(span)
            self.ring.trim(most=RING_CHANGES, most_bytes=RING_BYTES)
        elif rows.head.rev > self.rev:
            self.catch_up()
        return span

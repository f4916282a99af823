"""The sending side of one connection: a cursor that follows the feed, and a queue for all frames but `changes`.

Changes are not queued per connection. A slow connection keeps its cursor and, when it can receive again, gets all
changes since then in as few frames as possible.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import Error

from chat.delivery.feed import Feed
from chat.delivery.segment import ChangesFrame, LogSegment
from chat.protocol import OTHER_WINDOW_BYTES, WINDOW_BYTES, Close, Reset
from chat.telemetry.counters import counts, size_of

MAX_OUTBOX = 1000
# A client that accepts nothing for this long while there is something to send is disconnected. It may resume.
STALL_SECONDS = 30.0
DATABASE_RETRY_SECONDS = 1.0

Send = Callable[[dict[str, Any]], Awaitable[None]]
# Sends a text frame at once and returns True, or returns False if the server would have to wait.
TrySend = Callable[[str], bool]


class Pump:
    """Sends `history` if given, then the changes of `feed` after that or after `rev`, and the frames given to `send`.

    Messages with a seq up to `floor_seq` are left out. It uses the server's own `send`, because Channels would go
    through a thread before every frame. With `try_send` most frames are sent at once by the caller. The task sends only
    those that have to wait.
    """

    def __init__(
        self,
        feed: Feed,
        rev: int,
        send: Send,
        history: LogSegment | None = None,
        try_send: TrySend | None = None,
        floor_seq: int = 0,
    ):
        self.feed, self.rev = feed, rev if history is None else history.start
        self._history, self._floor_seq = history, floor_seq
        self._generation = feed.generation
        self._send_event, self._try_send = send, try_send
        self._outbox: deque[str] = deque()
        self._unacknowledged: deque[tuple[int, int]] = deque()
        self._window = self._other_bytes = 0
        self._idle: asyncio.Future[None] | None = None
        self._close_code: int | None = None
        self._sending_since: float | None = None
        self._blocked_since: float | None = None
        self._is_held = False

    # ---- Called by other parts

    def wake(self) -> None:
        """Send everything that is due: at once if the server accepts it, otherwise by the task."""
        if self._idle is not None and not self._idle.done() and not self._is_all_sent_now():
            self._idle.set_result(None)

    def send(self, text: str) -> None:
        """Send one frame after those queued before it. A client for which too many wait is disconnected."""
        if self._close_code is not None:
            return
        self._outbox.append(text)
        self._other_bytes += size_of(text)
        if len(self._outbox) > MAX_OUTBOX or self._other_bytes > OTHER_WINDOW_BYTES:
            self.close(Close.SLOW_CONSUMER)
        self.wake()

    def close(self, code: int) -> None:
        """Close the socket with `code` after the frames queued so far. Nothing is sent afterwards."""
        if self._close_code is None:
            self._close_code = code
            counts.closes[code] += 1
        self.wake()

    def hold(self) -> None:
        """Send no more changes until `release`. Other frames go on."""
        self._is_held = True

    def release(self) -> None:
        self._is_held = False
        self.wake()

    def acknowledge(self, rev: int) -> bool:
        """Note that the client has everything sent up to `rev`. Return whether that was not known before."""
        if rev > self.rev:
            return False
        waiting = len(self._unacknowledged)
        if rev == self.rev:  # the usual case, between two messages
            self._unacknowledged.clear()
            self._window = 0
        while self._unacknowledged and self._unacknowledged[0][0] <= rev:
            self._window -= self._unacknowledged.popleft()[1]
        self._other_bytes = 0
        is_new = len(self._unacknowledged) < waiting
        if is_new:
            self._blocked_since = None
        self.wake()
        return is_new

    def is_stalled(self, now: float) -> bool:
        """Return whether the client has accepted nothing for too long although there was something to send."""
        since = [moment for moment in (self._sending_since, self._blocked_since) if moment is not None]
        return bool(since) and now - min(since) > STALL_SECONDS

    # ---- Sending at once

    def _is_all_sent_now(self) -> bool:
        """Send everything that is due without waiting, and return whether that was possible.

        This runs for each connection and change, and is most of the work in a large room. Therefore it calls little
        and repeats the condition of `_is_void`.
        """
        try_send, feed = self._try_send, self.feed
        if try_send is None:
            return False
        while self._outbox:
            if not try_send(self._outbox[0]):
                return False
            _count(size_of(self._outbox.popleft()))
        if self._history is not None or self._close_code is not None or self._is_held:
            return False
        if self._generation != feed.generation or self.rev < feed.floor_rev:
            return False
        ring = feed.ring
        while self.rev < ring.end:
            if self._window >= WINDOW_BYTES or self.rev < ring.start:
                return False
            frame = ring.frame_after(self.rev, self._floor_seq)
            if not try_send(frame.text):
                return False
            self._note_changes(frame)
        return True

    # ---- The sending task

    async def run(self) -> None:
        """Send until this side closes the connection. The caller cancels the task when the client does."""
        while True:
            if self._outbox:
                text = self._outbox.popleft()
                _count(size_of(text))
                await self._send({"type": "websocket.send", "text": text})
            elif self._close_code is not None:
                await self._send({"type": "websocket.close", "code": self._close_code})
                return
            elif self._is_void() and self.feed.rev >= self.feed.floor_rev:
                self._start_over()
            elif self._is_behind() and not self._is_held and not self._is_void() and self._window < WINDOW_BYTES:
                await self._catch_up()
            else:
                await self._wait()

    def _is_behind(self) -> bool:
        return self._history is not None or self.rev < self.feed.rev

    def _is_void(self) -> bool:
        """Return whether this cursor cannot continue: the log was replaced, or the cursor is below the floor.

        The pump starts over only when the feed itself is at or above the floor.
        """
        is_below_floor = self._history is None and self.rev < self.feed.floor_rev
        return self._generation != self.feed.generation or is_below_floor

    def _start_over(self) -> None:
        self._generation, self.rev, self._history = self.feed.generation, self.feed.rev, None
        self._unacknowledged.clear()
        self._window, self._blocked_since = 0, None
        counts.resets += 1
        self.send(Reset(cursor=str(self.feed.cursor)).encode())

    async def _catch_up(self) -> None:
        try:
            segment = await self._segment()
        except Error:  # logged once, by the feed's task
            await asyncio.sleep(DATABASE_RETRY_SECONDS)
            return
        if segment is not None and not self._is_void():
            frame = segment.frame_after(self.rev, self._floor_seq)
            if segment is self._history and frame.rev == segment.end:
                self._history = None
            await self._send_changes(frame)

    async def _segment(self) -> LogSegment | None:
        if self._history is not None:
            return self._history
        if self.feed.ring.covers(self.rev):
            return self.feed.ring
        return await self.feed.segment_for(self.rev)

    async def _send_changes(self, frame: ChangesFrame) -> None:
        self._note_changes(frame)
        await self._send({"type": "websocket.send", "text": frame.text})

    def _note_changes(self, frame: ChangesFrame) -> None:
        self.rev, size = frame.mark
        self._window += size
        if self._window >= WINDOW_BYTES:
            self._blocked_since = time.monotonic()
        self._unacknowledged.append(frame.mark)
        counts.frames_out += 1
        counts.bytes_out += size

    async def _send(self, event: dict[str, Any]) -> None:
        self._sending_since = time.monotonic()
        await self._send_event(event)
        self._sending_since = None

    async def _wait(self) -> None:
        self._idle = asyncio.get_running_loop().create_future()
        await self._idle
        self._idle = None


def _count(size: int) -> None:
    counts.frames_out += 1
    counts.bytes_out += size

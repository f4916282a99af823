"""One connection's way out: a cursor that follows the feed, and the frames that are not changes.

A connection costs a number, not a queue: when it is ready again it gets all that happened meanwhile in one frame.
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
# A client that takes nothing for so long, while there is something for it, is sent away; it may resume.
STALL_SECONDS = 30.0
DATABASE_RETRY_SECONDS = 1.0

Send = Callable[[dict[str, Any]], Awaitable[None]]
# Sends a frame of text and says so, or says that the server would have to wait for that, and does nothing.
TrySend = Callable[[str], bool]


class Pump:
    """Sends `history` if there is one, then `feed`'s changes after that or after `rev`, and what it is told to say.

    It uses the server's own `send`: Channels would go through a thread before every frame. With `try_send` most frames
    go out where they come up, without a turn of the task, which then is there for those that have to wait.
    """

    def __init__(
        self, feed: Feed, rev: int, send: Send, history: LogSegment | None = None, try_send: TrySend | None = None
    ):
        self.feed, self.rev = feed, rev if history is None else history.start
        self._history = history
        self._generation = feed.generation
        self._send_event, self._send_now = send, try_send
        self._outbox: deque[str] = deque()
        self._on_the_way: deque[tuple[int, int]] = deque()
        self._window = self._small = 0
        self._idle: asyncio.Future[None] | None = None
        self._close_code: int | None = None
        self._sending_since: float | None = None
        self._blocked_since: float | None = None

    # ---- What others call

    def wake(self) -> None:
        """Have sent what there is to send: now, if nothing has to wait, or else by the task."""
        if self._idle is not None and not self._idle.done() and not self._is_all_sent_now():
            self._idle.set_result(None)

    def send(self, text: str) -> None:
        """Send one frame, after those said before it. A client that lets too many wait is sent away."""
        if self._close_code is not None:
            return
        self._outbox.append(text)
        self._small += size_of(text)
        if len(self._outbox) > MAX_OUTBOX or self._small > OTHER_WINDOW_BYTES:
            self.close(Close.SLOW_CONSUMER)
        self.wake()

    def close(self, code: int) -> None:
        """Close the socket with `code` once what was said before is sent; nothing follows."""
        if self._close_code is None:
            self._close_code = code
            counts.closes[code] += 1
        self.wake()

    def acknowledge(self, rev: int) -> bool:
        """The client holds everything up to `rev`, and with it all that was sent before that. Whether that is news."""
        if rev > self.rev:
            return False
        waiting = len(self._on_the_way)
        if rev == self.rev:  # as most do, between two messages
            self._on_the_way.clear()
            self._window = 0
        while self._on_the_way and self._on_the_way[0][0] <= rev:
            self._window -= self._on_the_way.popleft()[1]
        self._small = 0
        is_news = len(self._on_the_way) < waiting
        if is_news:
            self._blocked_since = None
        self.wake()
        return is_news

    def is_stalled(self, now: float) -> bool:
        """Whether the client has taken nothing for too long although there was something for it."""
        since = [moment for moment in (self._sending_since, self._blocked_since) if moment is not None]
        return bool(since) and now - min(since) > STALL_SECONDS

    # ---- At once

    def _is_all_sent_now(self) -> bool:
        """Run for each delivery, in a large room mostly this: so it calls little, and names `_is_void` by its parts."""
        try_send, feed = self._send_now, self.feed
        if try_send is None:
            return False
        while self._outbox:
            if not try_send(self._outbox[0]):
                return False
            _count(size_of(self._outbox.popleft()))
        if self._history is not None or self._close_code is not None:
            return False
        if self._generation != feed.generation or self.rev < feed.floor_rev:
            return False
        ring = feed.ring
        while self.rev < ring.end:
            if self._window >= WINDOW_BYTES or self.rev < ring.start:
                return False
            frame = ring.frame_after(self.rev)
            if not try_send(frame.text):
                return False
            self._note_changes(frame)
        return True

    # ---- The task

    async def run(self) -> None:
        """Until the connection is closed, from here or there."""
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
            elif self._is_behind() and not self._is_void() and self._window < WINDOW_BYTES:
                await self._catch_up()
            else:
                await self._wait()

    def _is_behind(self) -> bool:
        return self._history is not None or self.rev < self.feed.rev

    def _is_void(self) -> bool:
        """Whether there is no way on from here. Until the feed itself is above the floor, there is no place to start
        over from either."""
        is_below_floor = self._history is None and self.rev < self.feed.floor_rev
        return self._generation != self.feed.generation or is_below_floor

    def _start_over(self) -> None:
        self._generation, self.rev, self._history = self.feed.generation, self.feed.rev, None
        self._on_the_way.clear()
        self._window, self._blocked_since = 0, None
        counts.resets += 1
        self.send(Reset(cursor=str(self.feed.cursor)).encode())

    async def _catch_up(self) -> None:
        try:
            span = await self._span()
        except Error:  # logged once, by the feed's task
            await asyncio.sleep(DATABASE_RETRY_SECONDS)
            return
        if span is not None and not self._is_void():
            frame = span.frame_after(self.rev)
            if span is self._history and frame.rev == span.end:
                self._history = None
            await self._send_changes(frame)

    async def _span(self) -> LogSegment | None:
        if self._history is not None:
            return self._history
        if self.feed.ring.covers(self.rev):
            return self.feed.ring
        return await self.feed.span_for(self.rev)

    async def _send_changes(self, frame: ChangesFrame) -> None:
        self._note_changes(frame)
        await self._send({"type": "websocket.send", "text": frame.text})

    def _note_changes(self, frame: ChangesFrame) -> None:
        self.rev, size = frame.mark
        self._window += size
        if self._window >= WINDOW_BYTES:
            self._blocked_since = time.monotonic()
        self._on_the_way.append(frame.mark)
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

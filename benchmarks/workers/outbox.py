"""The unacknowledged posts of one person, sent in order, and again on a new connection."""

import asyncio
from collections import deque

from benchmarks.load.connection import Connection


class Outbox:
    """A queue of posts, at most `outstanding` unanswered. With one, as in the page, nothing can change their order.
    `written` has the port through which each was answered, 0 before."""

    def __init__(self, outstanding: int):
        self.written: dict[int, int] = {}
        self.retries = 0
        self._outstanding = outstanding
        self._waiting: deque[int] = deque()
        self._underway: dict[int, None] = {}
        self._connection: Connection | None = None
        self._port = 0
        self._pause: asyncio.TimerHandle | None = None

    def write(self, number: int) -> None:
        self.written[number] = 0
        self._waiting.append(number)
        self._send()

    def connected(self, connection: Connection, port: int) -> None:
        self._connection, self._port = connection, port
        self._start_over()

    def disconnected(self) -> None:
        self._connection = None

    def answered(self, number: int) -> bool:
        """Return whether this is the first answer. A post that was sent again may be answered again."""
        if self.written.get(number) != 0:
            return False
        self.written[number] = self._port
        self._underway.pop(number, None)
        self._send()
        return True

    def postpone(self, seconds: float) -> None:
        """Send the unanswered posts again later, as the site asks."""
        if self._pause is None:
            self.retries += 1
            self._pause = asyncio.get_running_loop().call_later(seconds, self._start_over)

    def _start_over(self) -> None:
        """Send again from the oldest unanswered post on."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        self._waiting.extendleft(reversed(self._underway))
        self._underway.clear()
        self._send()

    def _send(self) -> None:
        while self._connection and not self._pause and self._waiting and len(self._underway) < self._outstanding:
            number = self._waiting.popleft()
            self._underway[number] = None
            self._connection.post(number)

"""The unacknowledged posts of one person, sent in order, and again on a new connection."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from benchmarks.client import Client
from benchmarks.posting import Sent, body_of, command_of
from chat import protocol


@dataclass(slots=True)
class Written(Sent):
    """A post, timed from its writing, and the port through which its answer came."""

    port: int = 0


class Outbox:
    """A queue of posts, at most `outstanding` unanswered. With one, as in the page, nothing can change their order."""

    def __init__(self, outstanding: int, on_answer: Callable[["Outbox"], None]):
        self.written: dict[UUID, Written] = {}
        self.failures: list[str] = []
        self.retries = 0
        self._outstanding, self._on_answer = outstanding, on_answer
        self._waiting: deque[UUID] = deque()
        self._underway: dict[UUID, None] = {}
        self._connection: Client | None = None
        self._port = 0
        self._pause: asyncio.TimerHandle | None = None

    def write(self, number: int) -> None:
        client_id = uuid4()
        self.written[client_id] = Written(body_of(number), time.perf_counter())
        self._waiting.append(client_id)
        self._send()

    def connected(self, connection: Client, port: int) -> None:
        self._connection, self._port = connection, port
        self._start_over()

    def line_is_lost(self) -> None:
        self._connection = None

    def answered(self, ok: protocol.Ok) -> None:
        client_id = ok.client_id
        post = self.written.get(client_id) if client_id else None
        if client_id is None or post is None or post.seq not in (None, ok.seq):
            self.failures.append(f"An answer that nothing waits for: {ok}")
        elif post.acked_at is None:
            self._underway.pop(client_id, None)
            post.acked_at, post.seq, post.rev, post.port = time.perf_counter(), ok.seq, ok.rev, self._port
            self._send()
            self._on_answer(self)

    def refuse(self, error: protocol.Error) -> None:
        """Send a postponed post, and all posts after it, again later. Any other refusal is a failure."""
        if error.retry_after is None:
            self.failures.append(f"The site refused: {error.code}, {error.detail}")
        elif self._pause is None:
            self.retries += 1
            self._pause = asyncio.get_running_loop().call_later(error.retry_after, self._start_over)

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
            client_id = self._waiting.popleft()
            self._underway[client_id] = None
            self._connection.send(command_of(client_id, self.written[client_id].body))

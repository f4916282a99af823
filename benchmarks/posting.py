"""Posts on their way: what was sent when, what the server answered, and what is sent next."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from benchmarks.client import Client
from chat import protocol

BODY_LENGTH = 80
_WORDS = "so we meet at nine in the old library and bring the two maps from last year as agreed "


@dataclass(slots=True)
class Sent:
    """One post. The acknowledgement of the server sets `acked_at`, `seq` and `rev`."""

    body: str
    at: float
    acked_at: float | None = None
    seq: int | None = None
    rev: int | None = None


@dataclass(slots=True)
class Posting:
    """A number of posts shared by all posters: each answer lets its poster send the next. Retries keep their id."""

    total: int = 0
    acked: int = 0
    retries: int = 0
    sent: dict[UUID, Sent] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return self.acked == self.total

    def start(self, posters: Sequence[Client], total: int, outstanding: int) -> None:
        """Send the first posts: at most `outstanding` from each poster, one from everybody before a second from any."""
        self.total = total
        for poster in itertools.islice(itertools.cycle(posters), min(total, len(posters) * outstanding)):
            self._send_next(poster)

    def answered(self, poster: Client, ok: protocol.Ok) -> None:
        sent = self.sent.get(ok.client_id) if ok.client_id else None
        if sent is None or sent.acked_at is not None:
            self.failures.append(f"An answer that nothing waits for: {ok}")
            return
        sent.acked_at, sent.seq, sent.rev = time.perf_counter(), ok.seq, ok.rev
        self.acked += 1
        self._send_next(poster)

    def refused(self, poster: Client, error: protocol.Error) -> None:
        """Send again, in the time it asks for, what the server could not take now."""
        if error.retry_after is None or error.ref is None:
            self.failures.append(f"The server refused: {error.code}, {error.detail}")
            return
        self.retries += 1
        client_id = UUID(error.ref)
        post = command_of(client_id, self.sent[client_id].body)
        asyncio.get_running_loop().call_later(error.retry_after, poster.send, post)

    def _send_next(self, poster: Client) -> None:
        number = len(self.sent)
        if number < self.total:
            client_id = uuid4()
            post = command_of(client_id, body_of(number))
            self.sent[client_id] = Sent(post.body, time.perf_counter())
            poster.send(post)


def body_of(number: int) -> str:
    """Eighty characters of plain words, ended by the number that makes them unlike any other post's."""
    end = f" {number}"
    return _WORDS[: BODY_LENGTH - len(end)] + end


def command_of(client_id: UUID, body: str) -> protocol.Post:
    return protocol.Post(ref=str(client_id), client_id=client_id, body=body)

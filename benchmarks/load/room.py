"""One room under load: the posts made in it, how far each client has read, and the next post."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from benchmarks.load.dialect import Again, Answer, Decoded, Dialect


class Client(Protocol):
    """A client as its room sees it: one connection, or a person over all their connections."""

    log: list[Decoded]
    posts: int

    def post(self, number: int) -> None: ...

    def acknowledge(self) -> None: ...


@dataclass(slots=True)
class Post:
    """The times at which a post was sent and, where the server acknowledges, acknowledged."""

    at: float
    answered_at: float | None = None
    answer: Answer | None = None


class Room:
    """A post is on its way until the last client has it. `everywhere` counts the posts that every client has."""

    def __init__(self, name: str, dialect: Dialect, numbers: Iterator[int]):
        self.name = name
        self.connections: list[Client] = []
        self.posts: dict[int, Post] = {}
        self.everywhere = self.retries = self.unanswered = 0
        self.failures: list[str] = []
        self._dialect, self._numbers = dialect, numbers
        self._clients_by_count: Counter[int] = Counter()
        self._posters: Iterator[Client] = iter(())
        self._outstanding = self._left = 0
        self._until = float("-inf")

    # ---- Posting

    def begin(self, posters: int, outstanding: int, until: float) -> None:
        """Keep `outstanding` posts on their way until `until`, by the posters in turn. With 0, only `post` posts."""
        self._posters = itertools.cycle(self.connections[:posters])
        self._outstanding, self._until = outstanding, until
        self._fill()

    def begin_as_answered(self, posters: int, outstanding: int, posts: int) -> None:
        """Send `posts` posts in all. Each poster has `outstanding` unanswered ones, and posts again at each answer."""
        self._outstanding, self._left = 0, posts
        for poster in self.connections[:posters] * outstanding:
            self._post_again(poster)

    def post(self, poster: Client | None = None) -> None:
        poster, number = poster or next(self._posters), next(self._numbers)
        self.posts[number] = Post(time.perf_counter())
        self.unanswered += self._dialect.answers
        poster.post(number)

    def _post_again(self, poster: Client) -> None:
        if self._left:
            self._left -= 1
            self.post(poster)

    def _fill(self) -> None:
        while len(self.posts) - self.everywhere < self._outstanding and time.perf_counter() < self._until:
            self.post()

    @property
    def is_done(self) -> bool:
        """Return whether every post is answered and with every client, and posting has ended."""
        is_over = not self._outstanding or time.perf_counter() >= self._until
        return is_over and not self.unanswered and self.everywhere >= len(self.posts)

    # ---- What comes

    def entered(self, connection: Client) -> None:
        self.connections.append(connection)
        self._clients_by_count[0] += 1

    def advanced(self, before: int, after: int) -> None:
        """A client that had `before` messages has `after`."""
        clients = self._clients_by_count
        clients[after] += 1
        clients[before] -= 1
        if before == self.everywhere and not clients[before]:
            self._rise()
        if after > len(self.posts):
            self.failures.append(f"{self.name}: a client got more messages than were posted.")

    def _rise(self) -> None:
        """Count the messages that every client has now, and post the next ones."""
        self._clients_by_count = +self._clients_by_count
        self.everywhere = min(self._clients_by_count)
        self._fill()

    def answered(self, connection: Client, answer: Answer) -> None:
        post = self.posts.get(answer.number)
        if post is None or post.answered_at is not None:
            self.failures.append(f"{self.name}: {answer}, for which nothing waits.")
            return
        post.answered_at, post.answer = time.perf_counter(), answer
        self.unanswered -= 1
        self._post_again(connection)

    def again(self, connection: Client, again: Again) -> None:
        """Send a post that the server postponed."""
        self.retries += 1
        asyncio.get_running_loop().call_later(again.seconds, connection.post, again.number)

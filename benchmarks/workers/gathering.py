"""All members of the room: which of them post what and when, and whether all of them have received all of it."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from benchmarks.chunks import ChunkReader
from benchmarks.client_group import ACK_SECONDS
from benchmarks.workers.balancer import Balancer
from benchmarks.workers.member import Member
from benchmarks.workers.outbox import Outbox, Written

_ACK_TURNS = 20


class Gathering:
    """All members of one room. The first `posters` of them write."""

    def __init__(self, balancer: Balancer, room: str, tokens: Sequence[str], posters: int, outstanding: int):
        chunks = ChunkReader()
        self.members = [
            Member((balancer, room, token), chunks, Outbox(outstanding, self._answered), self._news) for token in tokens
        ]
        self.outboxes = [member.outbox for member in self.members[:posters]]
        self.failures: list[str] = []
        self._numbers = itertools.count()
        self._posts_as_answered = 0
        self._total: int | None = None
        self._acked = 0
        self._came: set[Member] = set()
        self._everybody, self._expected = asyncio.Event(), 0
        self._complete: set[Member] = set()
        self._settled = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # ---- Coming and going

    async def come(self, number: int, patience: float) -> float:
        """Connect more members until there are `number`. Return the seconds it took."""
        started = time.perf_counter()
        if not self._tasks:
            self._tasks.append(asyncio.create_task(self._acknowledge_in_time()))
        coming = self.members[len(self._came) : number]
        if not coming:
            return 0.0
        self._expected, self._everybody = number, asyncio.Event()
        self._tasks += [asyncio.create_task(member.stay()) for member in coming]
        async with asyncio.timeout(patience):
            await self._everybody.wait()
        return time.perf_counter() - started

    async def go(self) -> None:
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        self.failures += (f"A client failed: {end!r}" for end in ends if not isinstance(end, asyncio.CancelledError))

    async def _acknowledge_in_time(self) -> None:
        for turn in itertools.cycle(range(_ACK_TURNS)):
            for member in self.members[turn::_ACK_TURNS]:
                member.acknowledge()
            await asyncio.sleep(ACK_SECONDS / _ACK_TURNS)

    # ---- Writing

    async def write_at(self, rate: float, is_enough: Callable[[int], bool]) -> None:
        """A post every 1/`rate` seconds, by one person after the other, however quickly they are answered, until
        `is_enough`, which is asked with how many there are."""
        started = time.perf_counter()
        for number, outbox in zip(self._numbers, itertools.cycle(self.outboxes), strict=False):
            if is_enough(number):
                self._expect(number)
                return
            await asyncio.sleep(started + number / rate - time.perf_counter())
            outbox.write(number)

    def write_as_answered(self, posts: int, outstanding: int) -> None:
        """Write `posts` in all: each member has `outstanding` unanswered posts, and writes the next at each answer."""
        self._posts_as_answered = posts
        self._expect(posts)
        for outbox in itertools.islice(itertools.cycle(self.outboxes), min(posts, outstanding * len(self.outboxes))):
            outbox.write(next(self._numbers))

    def _answered(self, outbox: Outbox) -> None:
        self._acked += 1
        if self._posts_as_answered and (number := next(self._numbers)) < self._posts_as_answered:
            outbox.write(number)
        self._look_if_settled()

    # ---- Until all of it is everywhere

    async def settle(self, patience: float) -> None:
        """Wait until every post is answered and everybody has it, or nothing has moved for `patience` seconds."""
        before = -1
        while before != (before := self.deliveries + self._acked) and not self._settled.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), patience)
        if not self._settled.is_set():
            self.failures.append(f"Nothing moved for {patience:.0f} s, and not everything had arrived.")

    def _expect(self, total: int) -> None:
        self._total = total
        for member in self.members:
            self._news(member)
        self._look_if_settled()

    def _news(self, member: Member) -> None:
        if not self._everybody.is_set():
            self._came.add(member)
            if len(self._came) == self._expected:
                self._everybody.set()
        if self._total is not None and member.messages >= self._total:
            self._complete.add(member)
            self._look_if_settled()

    def _look_if_settled(self) -> None:
        if self._acked == self._total and len(self._complete) == len(self.members):
            self._settled.set()

    @property
    def deliveries(self) -> int:
        return sum(member.messages for member in self.members)

    @property
    def written(self) -> dict[UUID, Written]:
        return {client_id: post for outbox in self.outboxes for client_id, post in outbox.written.items()}

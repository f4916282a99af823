"""All members of the room, who reconnect as needed."""

import asyncio
import time
from collections.abc import Sequence

from benchmarks.load.dialect import Visitor
from benchmarks.load.group import Group
from benchmarks.workers.balancer import Balancer
from benchmarks.workers.member import Member, Resuming


class MemberGroup(Group):
    """The members of one room. They connect all at once, as after a restart, unlike a `ClientGroup`."""

    def __init__(self, balancer: Balancer, visitors: Sequence[Visitor], outstanding: int):
        super().__init__(Resuming())
        [name] = {visitor.room for visitor in visitors}
        room = self.room(name)
        self.connections: list[Member] = [
            Member(visitor, room, balancer, self.decoder, outstanding) for visitor in visitors
        ]
        for member in self.connections:
            room.entered(member)
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self, number: int, patience: float) -> float:
        """Connect more members until there are `number`. Return the seconds it took."""
        started = time.perf_counter()
        self.start_acknowledging()
        coming = self.connections[len(self._tasks) : number]
        self._tasks += [asyncio.create_task(member.stay()) for member in coming]
        async with asyncio.timeout(patience):
            for member in coming:
                await member.was_in.wait()
        return time.perf_counter() - started

    async def leave(self) -> None:
        self.stop_acknowledging()
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        self.failures += (f"A client failed: {end!r}" for end in ends if not isinstance(end, asyncio.CancelledError))

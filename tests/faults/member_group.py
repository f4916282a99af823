"""All members of the room: which of them post and how fast, and whether all have received everything."""

import asyncio
import itertools

from tests.site import PATIENCE_SECONDS

LOOK_SECONDS = 0.02
# A poster waits after this many unanswered posts.
MOST_AHEAD = 5


class MemberGroup:
    """All members. The first `posters` of them post. `read_rows()` reads the room from the database."""

    def __init__(self, members, posters, read_rows):
        self.members, self.posters = members, members[:posters]
        self._read_rows = read_rows
        self._writing = None
        self._numbers = itertools.count(1)

    async def come(self):
        for member in self.members:
            member.come()
        for member in self.members:
            await member.until(lambda it=member: it.is_in)

    async def leave(self):
        await self.stop_writing()
        await asyncio.gather(*(member.leave() for member in self.members))

    def hang_up(self, *members):
        """Break the connections of these members, or of all. They reconnect by themselves."""
        for member in members or self.members:
            member.hang_up()

    # ---- Writing

    def write(self, rate, size=0):
        """Post every 1/`rate` seconds, by the members in turn, answered or not."""
        self._writing = asyncio.create_task(self._write_at(rate, size))

    async def stop_writing(self):
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
            self._writing = None

    async def write_once(self, times=1):
        """Let each poster post once more, and wait for the answers."""
        for member in self.posters * times:
            member.outbox.post(f"post {next(self._numbers)}")
        await self.answered()

    async def answered(self):
        for member in self.members:
            await member.until(lambda it=member: it.outbox.is_empty)

    async def _write_at(self, rate, size):
        started = asyncio.get_running_loop().time()
        for number, member in enumerate(itertools.cycle(self.posters)):
            await asyncio.sleep(started + number / rate - asyncio.get_running_loop().time())
            if member.outbox.ahead < MOST_AHEAD:
                member.outbox.post(f"post {next(self._numbers)}".ljust(size, "."))

    # ---- Waiting until all members have all messages

    async def settle(self):
        """Wait until every post is answered and everyone holds the stored room, or time is up. Return the rows."""
        try:
            await self.answered()
            return await self._agree()
        except TimeoutError:
            return await asyncio.to_thread(self._read_rows)

    async def _agree(self):
        loop, rows = asyncio.get_running_loop(), await asyncio.to_thread(self._read_rows)
        deadline = loop.time() + PATIENCE_SECONDS
        while not all(member.equals(rows) for member in self.members):
            if loop.time() > deadline:
                raise TimeoutError
            await asyncio.sleep(LOOK_SECONDS)
            rows = await asyncio.to_thread(self._read_rows) if self._have_gone_on(rows) else rows
        return rows

    def _have_gone_on(self, rows):
        """Return whether a member holds a message that was stored after `rows` were read."""
        newest = max((row.rev for row in rows), default=0)
        return any(row.rev > newest for member in self.members for row in member.log.rows()[-1:])

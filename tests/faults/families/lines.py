"""Connections that break before an answer, and all connections that break at once."""

import asyncio
import contextlib

from tests.faults.member import Member
from tests.faults.proxy import Proxy
from tests.faults.registry import fault


class CutOff(Member):
    """A member that loses the connection up to five times for each post: after sending it, or when the answer
    arrives."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._cuts = {}

    def _say(self, frame):
        super()._say(frame)
        if frame["type"] == "post" and self._left(frame["ref"]) % 2:
            asyncio.get_running_loop().call_soon(self._cut, frame["ref"])

    async def _take(self, wire, frame):
        if frame["type"] == "ok" and self._left(frame["ref"]):
            self._cut(frame["ref"])
            return
        await super()._take(wire, frame)

    def _left(self, ref):
        return self._cuts.setdefault(ref, self._rng.choice((0, 0, 1, 2, 3, 4, 5)))

    def _cut(self, ref):
        self._cuts[ref] -= 1
        if self._wire is not None:
            self._wire.transport.abort()


@fault(
    7,
    "Clients are cut off before their answer and ask again, one to five times, through another worker too",
    workers=2,
    baseline=False,
    load={"member": CutOff, "rate": 10},
    quick="postgresql-uvicorn",
)
async def cut_off_before_the_answer(run):
    await run.quiet(4)
    run.note(connections_lost=sum(len(member.closes) for member in run.group.members))


# `cut_off_before_the_answer` and `everything_happens` cut lines all the time.
@fault(7, "All lines are cut at once, five times", quick=None)
async def lines_are_cut(run):
    async with contextlib.AsyncExitStack() as stack:
        proxies = [await stack.enter_async_context(Proxy(port)) for port in run.ports]
        run.client_ports[:] = [proxy.port for proxy in proxies]
        run.group.hang_up()
        for _ in range(5):
            await run.quiet()
            for proxy in proxies:
                proxy.cut()
        await run.heal()
        run.client_ports[:] = run.ports

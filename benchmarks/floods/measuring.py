"""A crowd that talks, undisturbed and beside one flood after another."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from benchmarks.load.crowd import Crowd, Order
from benchmarks.load.dialect import Heard, NotUnderstood, Visitor, number_of
from benchmarks.load.dialects import Site
from benchmarks.load.figures import Watch
from benchmarks.load.run import PATIENCE_SECONDS, without_pauses
from benchmarks.processes import Process
from benchmarks.server import BASE_DIR, Server, make_people
from chat import protocol

ROOM = "lobby"
# What is loaded or compiled at the first posts is not measured.
WARM_UP_SECONDS = 1.0
# The crowd and the flooder share a core, and the crowd's own waiting would be taken for the server's.
FLOODER = ["nice", "-n", "10", sys.executable, "-m", "benchmarks.floods.flooder"]


class Neighbours(Site):
    """The site's dialect in a room where others write, too: what they write is no post of the crowd's."""

    def hear(self, payload: bytes) -> Heard:
        try:
            return super().hear(payload)
        except NotUnderstood:
            frame = self._frames.decode(payload)
            if not isinstance(frame, protocol.Changes):
                raise
            bodies = [self._messages.decode(raw).body for raw in frame.messages]
            return Heard(posts=tuple(number_of(body) for body in bodies if not _is_foreign(body)), cursor=frame.cursor)


def _is_foreign(body: str) -> bool:
    try:
        number_of(body)
    except NotUnderstood:
        return True
    return False


class Case(msgspec.Struct, frozen=True):
    """What the crowd noticed of a flood, if there was one: milliseconds until the last of them had a post. `tried` is
    what the flooder did in a second, `refused` the part of it that was refused for being too much."""

    flood: str
    posts: int
    p50_ms: float
    p99_ms: float
    server_cpu: float
    peak_bytes: int
    tried: float = 0.0
    refused: float = 0.0


async def measure(server: Server, floods: Sequence[str], people: int, order: Order) -> tuple[list[Case], list[str]]:
    """The cases, the first without a flood, and what should not have happened to the crowd."""
    *tokens, flooder = make_people(server.environment, people + 1)
    crowd = Crowd(Neighbours(), [server.port])
    await crowd.come(Visitor(ROOM, token) for token in tokens)
    await crowd.rest(PATIENCE_SECONDS)
    await crowd.post(Order(WARM_UP_SECONDS, order.posters, rate=order.rate), PATIENCE_SECONDS)
    cases = [await _case(crowd, server, order, "")]
    for flood in floods:
        async with _flooding(flood, server.port, flooder) as counts:
            case = await _case(crowd, server, order, flood)
        tried = counts.get("tried", 0)
        refused = counts.get("refused", 0) / max(tried, 1)
        cases.append(msgspec.structs.replace(case, tried=tried / order.seconds, refused=refused))
        await crowd.rest(PATIENCE_SECONDS)
    await crowd.leave()
    return cases, [*crowd.failures, *(it for room in crowd.rooms.values() for it in room.failures)]


async def _case(crowd: Crowd, server: Server, order: Order, flood: str) -> Case:
    server.forget_peak()
    with without_pauses():
        watch = Watch(crowd, lambda: [Process(server.pid)])
        await crowd.post(order, PATIENCE_SECONDS)
        it = watch.figures()
    return Case(
        flood or "nobody",
        int(it["posts"]),
        it["to_all_ms_p50"],
        it["to_all_ms_p99"],
        it["server_cpu_share"],
        server.peak_resident_bytes(),
    )


@asynccontextmanager
async def _flooding(flood: str, port: int, token: str) -> AsyncIterator[dict[str, int]]:
    """While this is entered, the site is flooded; what the flooder counted is there afterwards."""
    counts: dict[str, int] = {}
    process = await asyncio.create_subprocess_exec(
        *FLOODER, flood, str(port), ROOM, token, cwd=BASE_DIR, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        yield counts
    finally:
        process.terminate()
        said, _ = await process.communicate()
        counts |= msgspec.json.decode(said or b"{}")

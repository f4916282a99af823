"""Measurements of people who post, first undisturbed and then beside one flood after another."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import msgspec

from benchmarks.load.client_group import ClientGroup
from benchmarks.load.dialect import NotUnderstood, Visitor, number_of
from benchmarks.load.dialects import Site
from benchmarks.load.figures import Watch
from benchmarks.load.group import Workload
from benchmarks.load.rows import Row
from benchmarks.load.run import PATIENCE_SECONDS, without_pauses
from benchmarks.peers.site import LOBBY, RunningSite
from benchmarks.processes import Process
from benchmarks.server import BASE_DIR, make_people

# The first posts load and compile code, so they are not measured.
WARM_UP_SECONDS = 1.0
# The allowed growth of memory after a flood, and the time to fall back to it.
MEMORY_SLACK_BYTES = 20 * 1024 * 1024
SETTLING_SECONDS, LOOK_SECONDS = 10.0, 0.25
# The clients and the flooder share a core. Waiting for that core must not look like the server's delay.
FLOODER = ["nice", "-n", "10", sys.executable, "-m", "benchmarks.floods.flooder"]


class Neighbours(Site):
    """The site's dialect in a room where others post too. Messages of others are not counted as posts."""

    def rows(self, messages: Iterable[msgspec.Raw]) -> Iterable[Row]:
        return (row for row in super().rows(messages) if not _is_foreign(row.body))


def _is_foreign(body: str) -> bool:
    try:
        number_of(body)
    except NotUnderstood:
        return True
    return False


class Case(msgspec.Struct, frozen=True):
    """The effect of a flood, or of none, on the clients: milliseconds until a post was acknowledged, and until the
    last of them had it. `tried` is what the flooder did in a second, `refused` the part of it that was refused for
    being too much. Memory is what was resident before the flood, at most meanwhile, and after it."""

    flood: str
    posts: int
    ack_p50_ms: float
    ack_p99_ms: float
    p50_ms: float
    p99_ms: float
    server_cpu: float
    before_bytes: int
    peak_bytes: int
    after_bytes: int
    tried: float = 0.0
    refused: float = 0.0


async def measure(
    site: RunningSite, floods: Sequence[str], people: int, workload: Workload
) -> tuple[list[Case], list[str]]:
    """Return the cases, the first without a flood, and the failures of the clients."""
    [server] = site.processes()
    *tokens, flooder = make_people(site.environment, people + 1)
    [cookie] = make_people(site.environment, 1, "writers") if "downloads" in floods else [""]
    group = ClientGroup(Neighbours(), site.ports)
    await group.connect(Visitor(LOBBY, token) for token in tokens)
    await group.rest(PATIENCE_SECONDS)
    await group.post(Workload(WARM_UP_SECONDS, workload.posters, rate=workload.rate), PATIENCE_SECONDS)
    cases = [await _case(group, server, workload, "")]
    before = server.resident_bytes()
    for flood in floods:
        async with _flooding(flood, site.ports[0], flooder, cookie) as counts:
            case = await _case(group, server, workload, flood)
        case = msgspec.structs.replace(case, before_bytes=before)
        await group.rest(PATIENCE_SECONDS)
        after = await _resident_bytes_at_rest(server, case.before_bytes)
        tried = counts.get("tried", 0)
        refused = counts.get("refused", 0) / max(tried, 1)
        cases.append(msgspec.structs.replace(case, tried=tried / workload.seconds, refused=refused, after_bytes=after))
        before = after
    await group.leave()
    return cases, [*group.failures, *(it for room in group.rooms.values() for it in room.failures)]


async def _case(group: ClientGroup, server: Process, workload: Workload, flood: str) -> Case:
    server.forget_peak()
    before = server.resident_bytes()
    with without_pauses():
        watch = Watch(group, lambda: [server])
        await group.post(workload, PATIENCE_SECONDS)
        it = watch.figures()
    return Case(
        flood or "nobody",
        int(it["posts"]),
        it["ack_ms_p50"],
        it["ack_ms_p99"],
        it["to_all_ms_p50"],
        it["to_all_ms_p99"],
        it["server_cpu_share"],
        before,
        server.peak_resident_bytes(),
        server.resident_bytes(),
    )


async def _resident_bytes_at_rest(server: Process, before: int) -> int:
    """Return the resident bytes once they are within the bound, or after a while."""
    for _ in range(int(SETTLING_SECONDS / LOOK_SECONDS)):
        if server.resident_bytes() <= before + MEMORY_SLACK_BYTES:
            break
        await asyncio.sleep(LOOK_SECONDS)
    return server.resident_bytes()


@asynccontextmanager
async def _flooding(flood: str, port: int, token: str, cookie: str) -> AsyncIterator[dict[str, int]]:
    """While this is entered, the site is flooded; what the flooder counted is there afterwards."""
    counts: dict[str, int] = {}
    process = await asyncio.create_subprocess_exec(
        *FLOODER, flood, str(port), LOBBY, token, cookie, cwd=BASE_DIR, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        yield counts
    finally:
        process.terminate()
        printed, _ = await process.communicate()
        counts |= msgspec.json.decode(printed or b"{}")

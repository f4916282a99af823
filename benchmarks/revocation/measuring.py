"""One run: everyone connects and waits, then each kind of right ends for some of them."""

import asyncio
import itertools
import subprocess
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import msgspec

from benchmarks.load.dialect import Visitor
from benchmarks.load.figures import percentile
from benchmarks.peers.site import LOBBY, RunningSite
from benchmarks.revocation.observer import Observer
from benchmarks.server import BASE_DIR, make_people

KINDS = ("signed-out", "password", "deactivated", "token", "banned", "removed", "muted", "role")
PATIENCE_SECONDS = 20.0
# Every worker checks everyone once in about this many seconds. Revocations are spread over that time.
ROUND_SECONDS = 4.0


class Ending(msgspec.Struct, frozen=True):
    """The time from the request to end a right until the open connection noticed it."""

    kind: str
    samples: int
    p50_seconds: float
    max_seconds: float


class Outcome(msgspec.Struct, frozen=True):
    """The outcome with one layer."""

    layer: str
    endings: list[Ending]
    failures: list[str]


class Plan(NamedTuple):
    """The size of a run: all connections, and those that lose each right."""

    connections: int
    samples: int
    kinds: Sequence[str]


class People:
    """The people of a run: those who lose a right, by its kind, and others. `names` maps credentials to names."""

    def __init__(self, environment: dict[str, str], plan: Plan):
        tokens = make_people(environment, plan.connections - plan.samples)
        cookies = make_people(environment, plan.samples, "sessions")
        self.names = {token: f"Person {number}" for number, token in enumerate(tokens)}
        self.names |= {cookie: f"Reader {number}" for number, cookie in enumerate(cookies)}
        waiting = iter(tokens)
        self.of = {kind: list(itertools.islice(waiting, plan.samples)) for kind in KINDS if kind != "signed-out"}
        self.of["signed-out"] = cookies

    def visitors(self, private: str) -> list[Visitor]:
        inside = set(self.of["removed"])
        return [Visitor(private if it in inside else LOBBY, it) for it in self.names]


async def measure(site: RunningSite, plan: Plan, layer: str) -> Outcome:
    people = People(site.environment, plan)
    async with _revoker(site.environment) as (revoker, private):
        observer = Observer(site.ports, people.names)
        await observer.connect(people.visitors(private))
        await observer.rest(PATIENCE_SECONDS)
        endings = [
            await _end(observer, revoker, kind, [people.names[it] for it in people.of[kind]]) for kind in plan.kinds
        ]
        await observer.leave()
    return Outcome(layer, endings, observer.failures)


async def _end(observer: Observer, revoker: Process, kind: str, names: list[str]) -> Ending:
    """End the right of each person, one after another."""
    assert revoker.stdin is not None
    assert revoker.stdout is not None
    ended_at = {}
    for number, name in enumerate(names):
        if number:
            await asyncio.sleep(ROUND_SECONDS / len(names))
        ended_at[name] = time.perf_counter()
        revoker.stdin.write(f"{kind} {name}\n".encode())
        if not await revoker.stdout.readline():
            raise RuntimeError(f"The process that ends rights failed at {kind}.")
    async with asyncio.timeout(PATIENCE_SECONDS):
        await observer.until_noticed_by(names)
    seconds = sorted(observer.noticed_at[name] - ended_at[name] for name in names)
    return Ending(kind, len(names), percentile(seconds, 50), seconds[-1])


@asynccontextmanager
async def _revoker(environment: dict[str, str]) -> AsyncIterator[tuple[Process, str]]:
    """Run the process that ends rights. Yield it and the slug of the private room it created."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.revocation.revoker",
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()

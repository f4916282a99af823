"""The faults while people write: workers are replaced, the layer between them fails."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.workers.backends import Valkey
from benchmarks.workers.fleet import Fleet

FREEZE_SECONDS = 30.0
DOWN_SECONDS = 5.0
# Seconds of observation after a fault that is over in an instant.
AFTERMATH_SECONDS = 5.0


Happening = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Disturbance:
    """Something that happens between two quiet whiles; `began` and `ended` on the clock of the posts."""

    happen: Happening
    quiet_seconds: float
    began: float = float("inf")
    ended: float = float("inf")

    async def run(self) -> None:
        await asyncio.sleep(self.quiet_seconds)
        self.began = time.perf_counter()
        await self.happen()
        self.ended = time.perf_counter()
        await asyncio.sleep(self.quiet_seconds)

    def phase(self, moment: float) -> str:
        return "before" if moment < self.began else "during" if moment < self.ended else "after"


def restart(fleet: Fleet) -> Happening:
    return lambda: asyncio.to_thread(fleet.restart)


def layer_fault(kind: str, layer: Valkey) -> Happening:
    async def kill() -> None:
        layer.kill()
        await asyncio.sleep(DOWN_SECONDS)
        await asyncio.to_thread(layer.start)

    async def freeze() -> None:
        layer.freeze()
        await asyncio.sleep(FREEZE_SECONDS)
        layer.thaw()

    async def flush() -> None:
        layer.client.flushall()
        await asyncio.sleep(AFTERMATH_SECONDS)

    async def cut() -> None:
        layer.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        await asyncio.sleep(AFTERMATH_SECONDS)

    return {"kill": kill, "freeze": freeze, "flush": flush, "cut": cut}[kind]

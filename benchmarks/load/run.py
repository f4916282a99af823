"""A run of a client group in the fastest event loop available, one load after another."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from benchmarks.load.figures import Figures, Watch
from benchmarks.load.group import Group, Workload
from benchmarks.machine import loop_factory
from benchmarks.peers.peer import Running

PATIENCE_SECONDS = 20.0

Outcome = TypeVar("Outcome")


def in_fast_loop(work: Callable[[], Awaitable[Outcome]]) -> Outcome:
    async def run() -> Outcome:
        return await work()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(run())


async def loaded(group: Group, running: Running, workload: Workload) -> Figures:
    """The figures of one load."""
    with without_pauses():
        watch = Watch(group, running.processes)
        await group.post(workload, PATIENCE_SECONDS)
        return watch.figures()


@contextmanager
def without_pauses() -> Iterator[None]:
    """Stop the garbage collector: its pauses here would look like pauses of the server."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()

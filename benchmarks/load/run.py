"""A crowd in the fastest event loop there is, and its loads one after another."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from benchmarks.load.crowd import Crowd, Order
from benchmarks.load.figures import Figures, Watch
from benchmarks.machine import loop_factory
from benchmarks.peers.peer import Running

PATIENCE_SECONDS = 20.0

Outcome = TypeVar("Outcome")


def in_fast_loop(work: Callable[[], Awaitable[Outcome]]) -> Outcome:
    async def run() -> Outcome:
        return await work()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(run())


async def loaded(crowd: Crowd, running: Running, order: Order) -> Figures:
    """The figures of one load."""
    with without_pauses():
        watch = Watch(crowd, running.processes)
        await crowd.post(order, PATIENCE_SECONDS)
        return watch.figures()


@contextmanager
def without_pauses() -> Iterator[None]:
    """The crowd's own garbage collection would look like the server's."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()

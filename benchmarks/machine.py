"""The resources of this machine for a run: open files, cores, the fastest event loop."""

import asyncio
import importlib.util
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def allow_files(needed: int) -> None:
    """Let this process and the server it starts have a socket per client. RuntimeError where the system does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, max(needed, hard)))
    except (ValueError, OSError) as error:
        raise RuntimeError(f"{needed} open files are needed and {hard} allowed: raise `ulimit -n`.") from error


def cores() -> tuple[int | None, int | None]:
    """Return a core for the server and one for the clients, or None for both if there are not two."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Bind this process, and those it starts meanwhile, to this core, or with None to all cores as before."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return uvloop's factory where it is installed: the load generator does more on its core with it."""
    module: Any = importlib.import_module("uvloop") if importlib.util.find_spec("uvloop") else asyncio
    return module.new_event_loop

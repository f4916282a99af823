"""The way in which tasks write: in a process that serves sockets, by its one writing thread.

So the process never waits for itself at SQLite's lock, and a post waits for one call of `write` at most.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_thread = threading.local()


def write(function: Callable[..., T], *arguments: Any) -> T:
    """Return `function(*arguments)`, run by the writer of this thread, or here in a thread without one.

    A call is one short transaction. Everyone's messages wait for it, so divide longer work into several calls.
    """
    writer = getattr(_thread, "writer", None)
    return writer(function, *arguments) if writer else function(*arguments)


def use_writer(writer: Callable[..., Any]) -> None:
    """Let `writer(function, *arguments)` run what this thread writes from now on. It blocks until that is done."""
    _thread.writer = writer

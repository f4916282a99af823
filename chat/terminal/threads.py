"""Blocking work in threads that nobody has to wait for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

T = TypeVar("T")
Arguments = ParamSpec("Arguments")


async def in_thread(function: Callable[Arguments, T], *arguments: Arguments.args, **names: Arguments.kwargs) -> T:
    """What `function` returns or raises. Unlike with `asyncio.to_thread`, a process that is told to end does so at
    once, and not only when a site that never answers has been given up."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(function(*arguments, **names))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=work, name="waiting", daemon=True).start()
    return await asyncio.wrap_future(future)

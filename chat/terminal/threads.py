"""Blocking work in threads that the process does not wait for at its end."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

T = TypeVar("T")
Arguments = ParamSpec("Arguments")


async def in_thread(function: Callable[Arguments, T], *arguments: Arguments.args, **names: Arguments.kwargs) -> T:
    """Run `function` in a daemon thread and return its result.

    The threads of `asyncio.to_thread` delay the end of the process until a request to an unresponsive site times out.
    Daemon threads do not.
    """
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(function(*arguments, **names))
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=work, name="waiting", daemon=True).start()
    return await asyncio.wrap_future(future)

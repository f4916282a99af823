"""The threads in which this process talks to the database for its sockets.

They are our own because Channels and Django share one thread per process among everything `thread_sensitive`, where one
slow query stalls every socket. Each thread keeps its connection: opening one costs more than most queries.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections

from chat import broadcast
from chat.broadcast import Event
from chat.db.reconnect import connection_was_lost

READERS = 4

T = TypeVar("T")


class DatabaseThreads:
    """One thread that writes, so that this process never waits for itself at SQLite's lock, and a few that read."""

    def __init__(self) -> None:
        self.reading = 0
        self._lock = threading.Lock()
        self._connections: list[Any] = []
        self._writer = ThreadPoolExecutor(1, "chat-writer", initializer=self._keep_connection)
        self._readers = ThreadPoolExecutor(READERS, "chat-reader", initializer=self._keep_connection)

    async def read(self, function: Callable[..., T], *arguments: Any) -> T:
        """`function(*arguments)` in a reading thread. A cancelled caller leaves it running to its end.

        What is logged there carries the ids of the caller's socket. `reading` counts those asked for and not done.
        """
        context = contextvars.copy_context()
        future = self._readers.submit(context.run, _read, function, arguments)
        with self._lock:
            self.reading += 1
        future.add_done_callback(self._was_read)
        return await asyncio.wrap_future(future)

    async def write(self, function: Callable[..., T], *arguments: Any) -> T:
        """`function(*arguments)` in the writing thread, after everything asked of it before. What it publishes is sent
        just before its answer is here, also if the caller is cancelled."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._writer.submit(_write, loop, answer, function, arguments)
        return await answer

    def close(self) -> None:
        """Finish what was asked, end the threads and close their connections. Blocks until done."""
        self._writer.shutdown()
        self._readers.shutdown()
        for database in self._connections:
            database.close()

    def _was_read(self, _: Future[Any]) -> None:
        with self._lock:
            self.reading -= 1

    def _keep_connection(self) -> None:
        database = connections["default"]
        database.inc_thread_sharing()  # so that `close` may close it from its own thread
        self._connections.append(database)


def _read(function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    try:
        return function(*arguments)
    except (OperationalError, InterfaceError):
        if not connection_was_lost():
            raise
        return function(*arguments)


def _write(
    loop: asyncio.AbstractEventLoop,
    answer: asyncio.Future[T],
    function: Callable[..., T],
    arguments: tuple[Any, ...],
) -> None:
    """Nothing is done twice unless the function itself knows that it may."""
    with broadcast.gathered() as events:
        outcome: Future[T] = Future()
        try:
            outcome.set_result(function(*arguments))
        except BaseException as error:
            if isinstance(error, OperationalError | InterfaceError):
                connection_was_lost()
            outcome.set_exception(error)
    if not loop.is_closed():
        loop.call_soon_threadsafe(_hand_over, loop, events, outcome, answer)


def _hand_over(
    loop: asyncio.AbstractEventLoop,
    events: list[tuple[str, Event]],
    outcome: Future[T],
    answer: asyncio.Future[T],
) -> None:
    """The answer is handed over first: who waits for it has the next turn, and what is told to many comes after."""
    if not answer.done():
        if error := outcome.exception():
            answer.set_exception(error)
        else:
            answer.set_result(outcome.result())
    broadcast.send_in(loop, events)

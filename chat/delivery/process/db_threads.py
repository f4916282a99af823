"""The threads that run this process's database work for its sockets.

They replace `database_sync_to_async`: Channels and Django run everything `thread_sensitive` in one thread per process,
where one slow query stalls every socket. Each thread keeps its connection, because opening one costs more than most
queries.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections

from chat import broadcast
from chat.broadcast import Event, Publish
from chat.db.reconnect import connection_was_lost

READERS = 4

T = TypeVar("T")


class DatabaseThreads:
    """One writing thread, so that this process never competes with itself for SQLite's lock, and a few reading ones."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self.reading = 0
        self._lock = threading.Lock()
        self._connections: list[Any] = []
        self._writer = ThreadPoolExecutor(1, "chat-writer", initializer=self._keep_connection)
        self._readers = ThreadPoolExecutor(READERS, "chat-reader", initializer=self._keep_connection)

    async def read(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run `function(*arguments)` in a reading thread, to its end even if the caller is cancelled.

        Its log lines carry the ids of the caller's socket. `reading` counts the calls that are not done.
        """
        context = contextvars.copy_context()
        future = self._readers.submit(context.run, _read, function, arguments)
        with self._lock:
            self.reading += 1
        future.add_done_callback(self._was_read)
        return await asyncio.wrap_future(future)

    async def write(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run `function(*arguments)` in the writing thread, after the calls made before.

        The broadcasts it publishes are sent before the caller resumes, and even if the caller is cancelled.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._writer.submit(self._write, loop, answer, function, arguments)
        return await answer

    def _write(
        self,
        loop: asyncio.AbstractEventLoop,
        answer: asyncio.Future[T],
        function: Callable[..., T],
        arguments: tuple[Any, ...],
    ) -> None:
        """Run the function once. A write is never repeated: only the function knows whether that is safe."""
        events = broadcast.collect()
        outcome: Future[T] = Future()
        try:
            outcome.set_result(function(*arguments))
        except BaseException as error:
            if isinstance(error, OperationalError | InterfaceError):
                connection_was_lost()
            outcome.set_exception(error)
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._hand_over, events, outcome, answer)

    def _hand_over(self, events: list[Event], outcome: Future[T], answer: asyncio.Future[T]) -> None:
        """Set the answer, then send the broadcasts, so that the waiting caller runs before their work."""
        if not answer.done():
            if error := outcome.exception():
                answer.set_exception(error)
            else:
                answer.set_result(outcome.result())
        for event in events:
            self._publish(event)

    def close(self) -> None:
        """Finish the pending calls, end the threads and close their connections. Blocks until done."""
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

"""Django's pages under ASGI, each made in one thread from its beginning to its end."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Pages that are made at the same time; more wait for their turn. Each keeps its connection to a SQLite database, and
# takes one of DATABASE_POOL_SIZE for its time.
THREADS = 8


class Pages(ASGIHandler):
    """Django's own goes to a thread and back for each middleware on the way in and out, and opens a thread for each
    request, and with that a connection to the database, whose statements nobody has built yet."""

    _threads = ThreadPoolExecutor(THREADS, "page")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Without a thread of its own for the request."""
        await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Of a client that goes, a page that waits is not made, and one that was begun is finished first: Django then
        closes what it reads from."""
        job = self._threads.submit(copy_context().run, self._answer, request)
        made = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(made)
        except asyncio.CancelledError:
            if not job.cancel():
                await asyncio.wait([made])
            raise

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            close_old_connections()

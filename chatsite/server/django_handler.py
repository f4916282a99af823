"""The ASGI handler of Django: it creates each response in one thread from beginning to end."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from chat.adapters.django import ASGIHandler, ASGIRequest, forget_body, get_script_prefix, name_handler
from chat.auth import password_hashing
from chat.files import storage

# Responses created at once; others wait. Each thread has a SQLite connection, or one of DATABASE_POOL_SIZE at work.
THREADS = 8
# The time limits of a streamed response as a whole, and of each piece.
STREAM_SECONDS = 15 * 60.0
PIECE_SECONDS = 60.0

log = logging.getLogger(__name__)


class DjangoHandler(ASGIHandler):
    """Runs the whole middleware chain and the signals of a request in one thread of a fixed pool.

    Django's handler switches to a thread and back for each middleware. It also opens a new thread for each request, and
    so a new database connection without prepared queries. It sends the signals in yet another thread, but their
    receivers manage the connections of the thread they run in.

    `a2wsgi`, which runs Django's WSGI handler in threads, needs about as much CPU for a page (3.6 against 3.9 ms). But
    its threads wait for the client, in both directions: eight uploads that never end hold all eight of them, and the
    next request gets no answer. Here the event loop reads the body and sends the response.
    """

    _threads = ThreadPoolExecutor(THREADS, "page")
    _hashing_threads = ThreadPoolExecutor(password_hashing.THREADS, "hash")

    def __init__(self) -> None:
        super().__init__()
        # Pieces of uploads. In the threads of pages, twenty uploads made others wait ten times as long for their posts.
        self._upload_threads = ThreadPoolExecutor(storage.writers(), "upload")
        self._queue = password_hashing.HashingQueue()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request without starting a thread for it."""
        await self.handle(scope, receive, send)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            set_script_prefix(get_script_prefix(scope))
            request, refusal = self.create_request(scope, body)
            if request is None:
                assert refusal is not None
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._threads, self._close_refusal, scope, refusal)
                await self.send_response(refusal, send)
            else:
                await self._serve(request, receive, send)

    def _close_refusal(self, scope: Any, response: HttpResponseBase) -> None:
        """Send the signals around the response to an unreadable request, as Django does."""
        signals.request_started.send(sender=self.__class__, scope=scope)
        name_handler(response, self.__class__)
        response.close()

    async def _serve(self, request: ASGIRequest, receive: Any, send: Any) -> None:
        """Run until the response is sent or the client has disconnected, then cancel the other task.

        Both are cancelled when the server shuts down: a response that went on would be sent to a connection that was
        already answered.
        """
        tasks = [
            asyncio.create_task(self._page(request, send)),
            asyncio.create_task(self.listen_for_disconnect(receive)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, RequestAborted):
                raise outcome

    async def _page(self, request: ASGIRequest, send: Any) -> None:
        response = await self.run_get_response(request)
        if not response.streaming:
            await self.send_response(response, send)
            return
        try:
            async with asyncio.timeout(STREAM_SECONDS):
                await self.send_response(response, _in_time(send))
        except TimeoutError:
            # The server sees an incomplete response and closes the connection.
            log.warning("Stopped sending %s. The client was too slow.", request.path)
        finally:
            await sync_to_async(response.close)()

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:  # type: ignore[override]
        """Handle a piece of an upload, and a request that hashes a password, in a thread of its own pool. If the queue
        for passwords is full, `chat.middleware.pages.PasswordQueue` refuses the request."""
        if request.method == "PATCH":
            return await self._run_in(self._upload_threads, request)
        if not password_hashing.is_needed(request):
            return await self._run_in(self._threads, request)
        with self._queue.slot(request.META.get("REMOTE_ADDR", "")) as has_slot:
            request.may_hash = has_slot  # type: ignore[attr-defined]
            return await self._run_in(self._hashing_threads if has_slot else self._threads, request)

    async def _run_in(self, threads: ThreadPoolExecutor, request: ASGIRequest) -> HttpResponseBase:
        """Run the request in a thread. If the client disconnects, a waiting request is dropped.

        A running one is completed first, because Django then closes what it reads from.
        """
        job = threads.submit(copy_context().run, self._answer, request)
        made = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(made)
        except asyncio.CancelledError:
            if not job.cancel():
                await asyncio.wait([made])
                if not made.exception() and made.result().streaming:
                    made.result().close()  # no one sends or closes it otherwise
            raise

    def _answer(self, request: ASGIRequest) -> HttpResponseBase:
        """Return the response. It is already closed unless it is streamed."""
        signals.request_started.send(sender=self.__class__, scope=request.scope)
        try:
            response = self.get_response(request)
            name_handler(response, self.__class__)
            if not response.streaming:
                response.close()
            return response
        finally:
            forget_body(request)
            close_old_connections()


def _in_time(send: Any) -> Any:
    """Return `send` with a deadline for each event."""

    async def send_in_time(event: Any) -> None:
        async with asyncio.timeout(PIECE_SECONDS):
            await send(event)

    return send_in_time

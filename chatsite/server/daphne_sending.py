"""Backpressure for streaming responses under Daphne: `send` waits for the client, as it does under uvicorn."""

import asyncio
from typing import Any

from chat.adapters.daphne import Server, WebRequest, is_incomplete, task_of
from chat.adapters.twisted import IncomingRequest, is_connected, is_waiting


class Pause:
    """A producer in Twisted's sense. It is notified when the transport takes more data or is lost."""

    def __init__(self) -> None:
        self._is_over = asyncio.Event()
        self.wait = self._is_over.wait

    def pauseProducing(self) -> None:
        """Do nothing: the sender is paused already."""

    def resumeProducing(self) -> None:
        self._is_over.set()

    def stopProducing(self) -> None:
        self._is_over.set()


def wait_for_clients() -> None:
    """Make `send` wait while the client does not read.

    Daphne's `send` never waits. It would buffer a file of any length for a client that does not read, and the deadlines
    in `chatsite/server/django_handler.py` would never expire.
    """
    handle_reply, create_application = Server.handle_reply, Server.create_application

    async def reply(self: Server, protocol: Any, message: Any) -> None:
        await handle_reply(self, protocol, message)
        if isinstance(protocol, WebRequest) and message.get("more_body") and not _is_whole(protocol):
            await _until_taken(protocol)

    def create(self: Server, protocol: Any, scope: dict[str, Any]) -> Any:
        queue = create_application(self, protocol, scope)
        if isinstance(protocol, WebRequest) and queue is not None:
            task_of(self, protocol).add_done_callback(lambda _: _end_incomplete(protocol))
        return queue

    Server.handle_reply, Server.create_application = reply, create


def _is_whole(request: IncomingRequest) -> bool:
    """Return whether the response has a known length. Then it is in memory, and Twisted's own timeout applies.

    Not so an uploaded file, which is read while it is sent. Its response says that clients may ask for a part.
    """
    if request.responseHeaders.hasHeader(b"accept-ranges"):
        return False
    return bool(request.responseHeaders.hasHeader(b"content-length"))


async def _until_taken(request: IncomingRequest) -> None:
    """Wait while the write buffer is above its limit, unless the connection is lost."""
    if not is_waiting(request):
        return
    pause = Pause()
    request.registerProducer(pause, True)
    try:
        await pause.wait()
    finally:
        if is_connected(request):
            request.unregisterProducer()


def _end_incomplete(request: IncomingRequest) -> None:
    """Close the connection of an incomplete response. Daphne would keep it open, and the client would wait."""
    if is_connected(request) and is_incomplete(request):
        request.channel.transport.abortConnection()

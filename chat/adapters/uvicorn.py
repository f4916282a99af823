"""The undocumented parts of uvicorn's protocol classes and server that the site uses.

The classes declare uvicorn's own attributes, which costs nothing at run time. The site uses no others.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import uvicorn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from chat.adapters.websockets import FrameConnection

__all__ = ["HttpConnection", "SocketConnection", "get_client_addr", "get_path_with_query_string"]

# The methods of both classes that the site overrides or calls, with their parameters.
HTTP_METHODS = {
    "on_message_begin": (),
    "on_header": ("name", "value"),
    "on_headers_complete": (),
    "on_body": ("body",),
    "on_message_complete": (),
    "on_response_complete": (),
    "send_400_response": ("msg",),
    "handle_websocket_upgrade": (),
    "shutdown": (),
    "_should_upgrade": (),
    "_unsupported_upgrade_warning": (),
    "_start_asgi_task": ("cycle", "app"),
}
SOCKET_METHODS = {
    "handle_connect": ("event",),
    "handle_parser_exception": (),
    "send_receive_event_to_app": (),
    "start_keepalive": (),
    "on_task_complete": ("task",),
    "run_asgi": (),
    "send": ("message",),
    "receive": (),
    "shutdown": (),
}

RawHeader = tuple[bytes, bytes]
App = Callable[..., Any]


class Cycle(Protocol):
    """uvicorn's RequestResponseCycle: a request and its response."""

    scope: Any
    message_event: asyncio.Event
    disconnected: bool
    more_body: bool
    response_started: bool
    response_complete: bool


class Flow(FlowControl):
    """Keeps reading paused while requests are queued. uvicorn resumes it whenever the application calls `receive`."""

    def __init__(self, transport: asyncio.Transport, queue: deque[Any]):
        super().__init__(transport)
        self._queue = queue

    def resume_reading(self) -> None:
        if self.read_paused and not self._queue:
            super().resume_reading()


class HttpConnection(HttpToolsProtocol):
    """uvicorn's HTTP protocol."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    config: Any
    server_state: Any
    app_state: dict[str, Any]
    connections: set[Any]
    parser: Any
    # The parts of the head that the parser has found so far.
    url: bytes
    headers: list[RawHeader]
    scope: Any
    # The newest parsed request, and those that wait for an earlier response.
    cycle: Any
    pipeline: deque[Any]
    app: App

    # The request that is being answered.
    running: Cycle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.flow = Flow(transport, self.pipeline)

    def allows_upgrade(self) -> bool:
        """Return whether the current request may become a WebSocket. The site overrides this."""
        return True

    def asks_for_websocket(self) -> bool:
        return bool(self.parser.should_upgrade()) and self._should_upgrade()

    def is_answering(self) -> bool:
        """Return whether an earlier request has no complete response yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def begin_request(self, app: App | None = None) -> None:
        """Queue the current request. The site answers it, or `app`, when its turn comes."""
        if app is not None:
            self.app = app
        super().on_headers_complete()
        self.app = self.config.loaded_app

    def drop_queue(self) -> None:
        """Drop the waiting requests, so that uvicorn reports the disconnect to the one being answered."""
        self.pipeline.clear()
        if self.running is not None:
            self.cycle = self.running

    def abandon(self, cycle: Cycle) -> None:
        """Report a disconnect to the application. Everything it sends from now on is dropped."""
        cycle.disconnected = True
        cycle.message_event.set()

    def resume_reading(self) -> None:
        self.flow.resume_reading()

    @property
    def default_headers(self) -> list[RawHeader]:
        return list(self.server_state.default_headers)

    def _should_upgrade(self) -> bool:
        return self.allows_upgrade() and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing, because anyone could fill the log with this warning."""

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)


class SocketConnection(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol."""

    conn: FrameConnection  # type: ignore[assignment]
    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    connections: set[Any]
    tasks: set[Any]
    logger: Any
    default_headers: list[RawHeader]
    asgi_version: Any
    root_path: str
    app_state: dict[str, Any]
    server: Any
    client: Any
    scheme: Any
    scope: Any
    # The events for the application, and whether reading is paused until it takes some.
    queue: asyncio.Queue[Any]
    read_paused: bool
    writable: asyncio.Event
    # The parts of the current message, and its type.
    frames: list[bytes]
    curr_msg_data_type: Any
    handshake_initiated: bool
    handshake_complete: bool
    close_sent: bool
    close_timeout: float
    # The ping of the server without an answer yet.
    pending_ping_payload: bytes | None


def server_of(signal_handler: Any) -> uvicorn.Server | None:
    """Return the server that a SIGTERM handler belongs to, or None."""
    server = getattr(signal_handler, "__self__", None)
    return server if isinstance(server, uvicorn.Server) else None


def listeners_of(server: uvicorn.Server | None) -> list[asyncio.Server]:
    """Return the sockets that a server listens on. During startup there are none."""
    return list(getattr(server, "servers", ()))

"""The undocumented parts of Daphne's protocol classes and server that the site uses."""

import asyncio
from typing import Any

from daphne.access import AccessLogGenerator
from daphne.http_protocol import WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol

from chat.adapters.autobahn import SocketProtocol

__all__ = [
    "AccessLogGenerator",
    "DaphneConnection",
    "Server",
    "WebRequest",
    "WebSocketProtocol",
    "is_incomplete",
    "task_of",
]

# The methods that the site replaces or calls, with their parameters.
SERVER_METHODS = {
    "create_application": ("protocol", "scope"),
    "handle_reply": ("protocol", "message"),
    "protocol_connected": ("protocol",),
}
LOG_METHODS = {"write_entry": ("host", "date", "request")}


class DaphneConnection(SocketProtocol):
    """Daphne's WebSocketProtocol: a WebSocket connection."""

    # Daphne sets these in onConnect and reads them when the connection ends.
    server: Any
    request: Any
    client_addr: Any
    factory: Any
    # Added by the site.
    frame_limit: Any


def is_incomplete(request: Any) -> bool:
    """Return whether the response to a WebRequest has begun but not ended."""
    return bool(request._response_started and not request.finished)


def task_of(server: Any, protocol: Any) -> "asyncio.Task[Any]":
    """Return the task of the application that serves a protocol."""
    task: asyncio.Task[Any] = server.connections[protocol]["application_instance"]
    return task

"""The opening handshake of a WebSocket (RFC 6455, section 4.2), with a fast path for the usual request.

`websockets` would turn each header of the request and the response into objects, several times. Any unusual request,
and above all any that must be refused, is left to uvicorn and `websockets`.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake
from websockets.extensions import Extension
from websockets.http11 import Request
from websockets.protocol import State

from chat.adapters.uvicorn import SocketConnection
from chat.adapters.websockets import FrameConnection, begin_frames
from chat.protocol import SUBPROTOCOL
from chatsite.server.requests import Header

_BEGINNING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEY_BYTES = 16
_OURS = SUBPROTOCOL.encode()


class Handshaking(SocketConnection):
    """uvicorn's WebSocket protocol, starting from a request that was parsed as HTTP."""

    # The prepared response, sent when the application accepts.
    _answer: bytes | None = None

    def take_over(self, transport: asyncio.Transport, url: bytes, asked: Mapping[str, Any]) -> None:
        """Start with a WebSocket request. `asked` is its HTTP scope."""
        begin_frames(self.conn)
        self.connections.add(self)
        self.transport, self.server, self.client = transport, asked["server"], asked["client"]
        self.scheme = "wss" if asked["scheme"] == "https" else "ws"
        is_usual = asked["method"] == "GET" and asked["http_version"] == "1.1" and url.isascii()
        if is_usual and (found := answer(asked["headers"], self.conn)):
            self._answer, self.conn.extensions = found
            self._start(url, asked)
        else:
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in asked["headers"]]
            version = f"HTTP/{asked['http_version']}"
            self.handle_connect(Request(url.decode("latin-1"), Headers(headers), asked["method"], version))

    def _start(self, url: bytes, asked: Mapping[str, Any]) -> None:
        """Start the application, as uvicorn's `handle_connect` does with a request parsed by `websockets`."""
        path, _, query = url.partition(b"?")
        self.handshake_initiated = True
        self.scope = {
            "type": "websocket",
            "asgi": {"version": self.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": self.scheme,
            "server": self.server,
            "client": self.client,
            "root_path": self.root_path,
            "path": self.root_path + unquote(path.decode()),
            "raw_path": self.root_path.encode() + path,
            "query_string": query,
            "headers": asked["headers"],
            "subprotocols": [SUBPROTOCOL] if (b"sec-websocket-protocol", _OURS) in asked["headers"] else [],
            "state": asked["state"],
            "extensions": {"websocket.http.response": {}},
        }
        self.queue.put_nowait({"type": "websocket.connect"})
        task = self.loop.create_task(self.run_asgi())
        task.add_done_callback(self.on_task_complete)
        self.tasks.add(task)

    async def send(self, message: Any) -> None:
        if self._answer is None or message["type"] != "websocket.accept" or self.transport.is_closing():
            await super().send(message)
            return
        headers = [*self.default_headers, *message.get("headers", ())]
        if subprotocol := message.get("subprotocol"):
            headers.append((b"sec-websocket-protocol", subprotocol.encode()))
        self.transport.write(self._answer + b"".join(b"%b: %b\r\n" % header for header in headers) + b"\r\n")
        self._answer, self.handshake_complete, self.conn.state = None, True, State.OPEN
        self.start_keepalive()


def answer(headers: Sequence[Header], conn: FrameConnection) -> tuple[bytes, list[Extension]] | None:
    """Return the beginning of the response and the negotiated extensions, or None if `websockets` must handle the
    request.

    Header names must be in lower case.
    """
    found = dict(headers)
    if len(found) < len(headers) or found.get(b"sec-websocket-version") != b"13":
        return None
    key, subprotocol = found.get(b"sec-websocket-key", b""), found.get(b"sec-websocket-protocol", _OURS)
    try:
        if subprotocol != _OURS or len(base64.b64decode(key, validate=True)) != _KEY_BYTES:
            return None
        header, extensions = _extensions(found.get(b"sec-websocket-extensions"), conn)
    except (binascii.Error, InvalidHandshake):
        return None
    accept = base64.b64encode(hashlib.sha1(key + _SUFFIX).digest())  # noqa: S324
    return b"".join((_BEGINNING, accept, b"\r\n", header)), extensions


def _extensions(offered: bytes | None, conn: FrameConnection) -> tuple[bytes, list[Extension]]:
    """Return the response header for the extensions, and the extensions. Raises InvalidHandshake."""
    if offered is None:
        return b"", []
    header, extensions = conn.process_extensions(Headers([("Sec-WebSocket-Extensions", offered.decode("latin-1"))]))
    return f"Sec-WebSocket-Extensions: {header}\r\n".encode() if header else b"", extensions

"""Daphne's connections, mended where anybody could fill a log or keep a socket with them."""

import sys
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from daphne.access import AccessLogGenerator
from daphne.ws_protocol import WebSocketProtocol
from twisted.web.http import HTTPChannel


def mend() -> None:
    """Once in a process that Daphne serves."""
    deny_unreadable_protocols()
    end_slow_requests()
    silence_access_log()


def end_slow_requests() -> None:
    """Twisted's limit of a minute begins anew with each byte, so that a request that trickles in never reaches it. It
    is stopped while a request is answered, and then set again; so without that it is for one request."""
    HTTPChannel.resetTimeout = lambda channel: None  # type: ignore[method-assign]


def deny_unreadable_protocols() -> None:
    """A Sec-WebSocket-Protocol with anything but ASCII is none (RFC 6455, section 11.3.4). Daphne would decode it all
    the same, answer 500 and log a traceback, which anybody could fill a log with. What no browser sends is answered
    with 400."""
    on_connect = WebSocketProtocol.onConnect

    def connect(self: Any, request: Any) -> Any:
        if request.headers.get("sec-websocket-protocol", "").isascii():
            return on_connect(self, request)
        # What Daphne looks for when the connection ends.
        self.server, self.request, self.client_addr = self.factory.server_class, request, None
        self.server.protocol_connected(self)
        raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, "The subprotocols cannot be read.")

    WebSocketProtocol.onConnect = connect


def silence_access_log() -> None:
    """Write no access log to standard output. It has addresses and queries, and Daphne writes it by default.

    A file that is named by `--access-log` is written.
    """
    write = AccessLogGenerator.write_entry

    def write_entry(self: Any, *entry: Any, **fields: Any) -> None:
        if self.stream is not sys.stdout:
            write(self, *entry, **fields)

    AccessLogGenerator.write_entry = write_entry

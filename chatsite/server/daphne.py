"""Patches of Daphne and Twisted: limits on logs, disk space and connection time, and uvicorn's answers."""

import functools
import sys
from collections.abc import Callable
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from twisted.internet import reactor

from chat.adapters.daphne import AccessLogGenerator, DaphneConnection, WebRequest, WebSocketProtocol
from chat.adapters.twisted import Channel, HTTPChannel, IncomingRequest
from chatsite.server import requests
from chatsite.server.daphne_frames import count_frames
from chatsite.server.daphne_sending import wait_for_clients
from chatsite.server.requests import HTTPRefusal


@functools.cache
def patch() -> None:
    """Apply all patches, once per process."""
    count_frames()
    deny_unreadable_protocols()
    end_slow_requests()
    refuse_large_bodies()
    check_heads()
    wait_for_clients()
    silence_access_log()


def when_running(function: Callable[[], Any]) -> None:
    """Call `function` in the event loop as soon as the server runs: Daphne has no lifespan events."""
    reactor.callWhenRunning(reactor.callLater, 0, function)


def end_slow_requests() -> None:
    """Limit the total time of a request.

    Twisted's timeout of a minute restarts with each byte, so a request that trickles in never reaches it. Without the
    restart it covers one request: it stops during the response and starts again after it.
    """
    HTTPChannel.resetTimeout = lambda channel: None


def deny_unreadable_protocols() -> None:
    """Answer a Sec-WebSocket-Protocol header that is not ASCII with 400 (RFC 6455, section 11.3.4).

    Daphne would decode it, answer 500 and log a traceback, so anyone could fill the log. No browser sends such a
    header.
    """
    on_connect = WebSocketProtocol.onConnect

    def connect(self: DaphneConnection, request: Any) -> Any:
        if request.headers.get("sec-websocket-protocol", "").isascii():
            return on_connect(self, request)
        # The attributes that Daphne reads when the connection ends.
        self.server, self.request, self.client_addr = self.factory.server_class, request, None
        self.server.protocol_connected(self)
        raise ConnectionDeny(ConnectionDeny.BAD_REQUEST, "The Sec-WebSocket-Protocol header is not valid.")

    WebSocketProtocol.onConnect = connect


def silence_access_log() -> None:
    """Write no access log to standard output. Daphne does by default, with addresses and queries.

    A file named by `--access-log` is still written.
    """
    write = AccessLogGenerator.write_entry

    @functools.wraps(write)
    def write_entry(self: Any, *entry: Any, **fields: Any) -> None:
        if self.stream is not sys.stdout:
            write(self, *entry, **fields)

    AccessLogGenerator.write_entry = write_entry


def refuse_large_bodies() -> None:
    """Refuse large request bodies. Twisted would write a body of any length to disk before the site sees it."""
    all_headers_received, handle_content_chunk = HTTPChannel.allHeadersReceived, WebRequest.handleContentChunk

    def check_length(channel: Channel) -> None:
        if channel.length is not None and channel.length > requests.BODY_BYTES:
            _refuse(channel.requests[-1], requests.TOO_LARGE)
        else:
            all_headers_received(channel)

    def count(request: IncomingRequest, data: bytes) -> None:
        if _is_refused(request):
            return
        if request.content.tell() + len(data) > requests.BODY_BYTES:
            _refuse(request, requests.TOO_LARGE)
        else:
            handle_content_chunk(request, data)

    HTTPChannel.allHeadersReceived = check_length
    WebRequest.handleContentChunk = count


def check_heads() -> None:
    """Refuse the request heads that are refused under uvicorn, and accept an absolute target."""
    process = WebRequest.process

    def check(request: IncomingRequest) -> Any:
        if _is_refused(request):
            return None
        headers = [
            (name.lower(), value) for name, values in request.requestHeaders.getAllRawHeaders() for value in values
        ]
        upgrades = (b"upgrade", b"websocket") in [(name, value.lower()) for name, value in headers]
        version = request.clientproto.removeprefix(b"HTTP/").decode("latin-1")
        refusal = requests.refusal_of(lambda: version, headers, upgrades=upgrades)
        if refusal is None and not request.uri.startswith(b"/") and request.uri != b"*":
            refusal = _take_absolute_target(request)
        return process(request) if refusal is None else _refuse(request, refusal)

    WebRequest.process = check


def _take_absolute_target(request: IncomingRequest) -> HTTPRefusal | None:
    if (found := requests.absolute_target(request.uri)) is None:
        return requests.BAD_TARGET
    authority, request.uri = found
    request.path = request.uri.partition(b"?")[0]
    request.requestHeaders.setRawHeaders(b"host", [authority])
    return None


def _is_refused(request: IncomingRequest) -> bool:
    return getattr(request, "is_refused", False)


def _refuse(request: IncomingRequest, refusal: HTTPRefusal) -> None:
    """Answer instead of the site, end this side, and drop further input, as `Http` does under uvicorn."""
    channel, request.is_refused = request.channel, True
    dropped = 0

    def drop(data: bytes) -> None:
        nonlocal dropped
        dropped += len(data)
        if dropped > requests.LINGER_BYTES:
            channel.transport.abortConnection()

    channel.dataReceived = channel.rawDataReceived = drop
    channel.transport.write(refusal.response(request.method.decode("latin-1")))
    channel.setTimeout(requests.LINGER_SECONDS)
    if half_close := getattr(channel.transport, "loseWriteConnection", None):  # missing with TLS
        half_close()

"""The undocumented parts of Twisted's HTTP server that the site uses."""

from typing import IO, Any, Protocol

from twisted.web import http

HTTPChannel: Any = http.HTTPChannel

# The methods that the site replaces or calls, with their parameters.
CHANNEL_METHODS = {
    "resetTimeout": (),
    "setTimeout": ("period",),
    "allHeadersReceived": (),
    "dataReceived": ("data",),
    "rawDataReceived": ("data",),
}
REQUEST_METHODS = {
    "handleContentChunk": ("data",),
    "process": (),
    "registerProducer": ("producer", "streaming"),
    "unregisterProducer": (),
}


class Channel(Protocol):
    """Twisted's HTTPChannel: a connection."""

    # The length of the current body, or None if it is chunked.
    length: int | None
    requests: list[Any]
    transport: Any
    dataReceived: Any
    rawDataReceived: Any

    def setTimeout(self, period: float | None) -> float | None: ...


class IncomingRequest(Protocol):
    """Twisted's Request."""

    channel: Channel
    content: IO[bytes]
    method: bytes
    uri: bytes
    path: bytes
    clientproto: bytes
    requestHeaders: Any
    responseHeaders: Any
    # Added by the site: whether it has refused the request instead of the application.
    is_refused: bool

    def registerProducer(self, producer: Any, streaming: bool) -> None: ...
    def unregisterProducer(self) -> None: ...


def is_connected(request: Any) -> bool:
    """Return whether a request has its channel. It is None after the connection is lost, missing after the response."""
    return getattr(request, "channel", None) is not None


def is_waiting(request: Any) -> bool:
    """Return whether the write buffer is above its limit because the client does not read."""
    return is_connected(request) and bool(request.channel._waitingForTransport)

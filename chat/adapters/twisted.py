"""What the site uses of Twisted's HTTP server beyond its documentation."""

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
    """A connection: Twisted's HTTPChannel."""

    # The length of the body that is read now. None with chunks.
    length: int | None
    requests: list[Any]
    transport: Any
    dataReceived: Any
    rawDataReceived: Any

    def setTimeout(self, period: float | None) -> float | None: ...


class IncomingRequest(Protocol):
    """A request: Twisted's Request."""

    channel: Channel
    content: IO[bytes]
    method: bytes
    uri: bytes
    path: bytes
    clientproto: bytes
    requestHeaders: Any
    responseHeaders: Any
    # The site's own: whether it answered in place of the application.
    is_refused: bool

    def registerProducer(self, producer: Any, streaming: bool) -> None: ...
    def unregisterProducer(self) -> None: ...


def is_connected(request: Any) -> bool:
    """Whether a request still has its channel: it is None when the connection is lost, and gone after the answer."""
    return getattr(request, "channel", None) is not None


def is_waiting(request: Any) -> bool:
    """Whether the transport keeps more than it wants to, since the client does not read."""
    return is_connected(request) and bool(request.channel._waitingForTransport)

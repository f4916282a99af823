"""uvicorn's HTTP protocol with limits per connection: `uvicorn --http chatsite.http:Http …`."""

import asyncio
from functools import partial
from typing import Any

from chat.adapters.httptools import StopParsing
from chat.adapters.uvicorn import HttpConnection
from chatsite.server import requests
from chatsite.server.requests import HTTPRefusal
from chatsite.server.tcp import end_writing, prepare
from chatsite.server.websocket import WebSocket

# The time limit for receiving a whole request.
REQUEST_SECONDS = 60.0
# Allowance for the head and the chunk sizes of a request, beside its body. A chunk of one byte takes six.
FRAMING_BYTES = 64 * 1024
# Pipelined requests that may wait for an earlier response. uvicorn has no limit.
QUEUED_REQUESTS = 16
BLANKS = (b" ", b"\t")


class Http(HttpConnection):
    """Limits the time, the size and the number of requests of a connection.

    uvicorn's protocol waits for the rest of a request without a time limit, and queues any number of requests.
    """

    def connection_made(self, transport: Any) -> None:
        prepare(transport)
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        # Received bytes of the current request and of its body. `_ignores_input` drops all further input.
        self._received = self._body_received = 0
        self._ignores_input = False
        # Whether a head is being read, and the size of the reads that hold it.
        self._is_in_head, self._head_received = False, 0
        self._refusal: HTTPRefusal | None = None
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        self.drop_queue()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self.pipeline:  # earlier requests are answered first
            self.drop_queue()
            self._ignores_input = True
        if self.running is not None and self.running.disconnected:
            self.transport.close()  # it was refused and only lingers
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._ignores_input:
            if self._received > requests.LINGER_BYTES:
                self.transport.abort()
            return
        super().data_received(data)
        if self._ignores_input:
            return
        if self._is_in_head:
            self._head_received += len(data)
            if self._head_received > requests.HEAD_BYTES:
                self._refuse_head()
                return
        if not self._is_arriving():
            self._stop_expecting()
        elif self._received - self._body_received > FRAMING_BYTES:
            self._refuse(requests.TOO_LARGE)
        elif self._deadline is None:
            self._expect_request()

    # ---- Called by the parser

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"chat.abort": self.transport.abort}
        self._is_in_head, self._head_received = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Limit the number of headers. The parser has no limit: a megabyte of empty headers takes 35 MiB as objects."""
        if len(self.headers) >= requests.HEADERS:
            self._refuse_head()
            raise StopParsing
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if self._ignores_input:
            raise StopParsing
        if len(self.pipeline) >= QUEUED_REQUESTS:
            self.transport.abort()
            raise StopParsing
        self._body_received, self._refusal = 0, None
        self._strip_values()
        self._refusal = self._check_head()
        if self._refusal is None:
            self.begin_request()
            return
        self.begin_request(partial(self._answer_refusal, self._refusal))
        self._ignores_input = True
        self._stop_expecting()

    def on_body(self, body: bytes) -> None:
        self._body_received += len(body)
        if self._body_received <= requests.BODY_BYTES:
            super().on_body(body)
        elif not self._ignores_input:
            self._refuse(requests.TOO_LARGE)

    def send_400_response(self, msg: str) -> None:
        if not (self._ignores_input or self.transport.is_closing()):
            super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection to the site's class, whatever `--ws` says. uvicorn would parse the request again."""
        self.connections.discard(self)
        self.parser = None  # breaks a reference cycle
        protocol = WebSocket(self.config, self.server_state, self.app_state)
        self.transport.set_protocol(protocol)
        protocol.take_over(self.transport, self.url, self.scope)

    def allows_upgrade(self) -> bool:
        return self._refusal is None

    def _strip_values(self) -> None:
        """Strip whitespace after header values, which is not part of them (RFC 9112, section 5). It is rare."""
        for _, value in self.headers:
            if value.endswith(BLANKS):
                break
        else:
            return
        headers, self.headers[:] = self.headers[:], []
        for name, value in headers:
            self.on_header(name, value.rstrip(b" \t"))

    # ---- Refusals

    def _check_head(self) -> HTTPRefusal | None:
        upgrades = self.asks_for_websocket()
        refusal = requests.refusal_of(self.parser.get_http_version, self.headers, upgrades=upgrades)
        if refusal is None and not self.url.startswith(b"/") and self.url != b"*":
            refusal = self._take_absolute_target()
        if refusal is None and upgrades and self.is_answering():
            refusal = requests.UPGRADE_TOO_EARLY
        return refusal

    def _take_absolute_target(self) -> HTTPRefusal | None:
        if (found := requests.absolute_target(self.url)) is None:
            return requests.BAD_TARGET
        authority, self.url = found
        self.headers[:] = [(b"host", authority), *(header for header in self.headers if header[0] != b"host")]
        return None

    async def _answer_refusal(self, refusal: HTTPRefusal, *_: Any) -> None:
        """Serve as the application of a refused request, so that its response waits for the earlier ones."""
        self._refuse(refusal)

    def _refuse(self, refusal: HTTPRefusal) -> None:
        """Answer the current request instead of the application, and drop further input."""
        self._ignores_input = True
        self.drop_queue()
        if (cycle := self.running) is None:  # only blank lines arrived
            self.transport.abort()
            return
        self.abandon(cycle)
        if cycle.response_started and not cycle.response_complete:
            self.transport.abort()
            return
        if not cycle.response_started:
            self.transport.write(refusal.response(cycle.scope["method"], self.default_headers))
        self._linger()

    def _refuse_head(self) -> None:
        """Answer a request with a too large head. If an earlier request has no response yet, close the connection."""
        self._ignores_input = True
        if self.is_answering():
            self.transport.abort()
            return
        self.transport.write(requests.HEAD_TOO_LARGE.response("GET", self.default_headers))
        self._linger()

    def _linger(self) -> None:
        """Let the client read its response: end this side, then read and drop its input for a while."""
        self._stop_expecting()
        self.resume_reading()
        end_writing(self.transport)
        self._deadline = self.loop.call_later(requests.LINGER_SECONDS, self.transport.abort)

    # ---- The time limit of a request

    def _is_arriving(self) -> bool:
        """Return whether the rest of a request is due. After an upgrade, a WebSocket has another protocol."""
        if self.transport.get_protocol() is not self:
            return False
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def _expect_request(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_expecting(self) -> None:
        self._received = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

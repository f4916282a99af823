"""uvicorn's HTTP, which sends at once and does not wait for ever: `uvicorn --http chatsite.http:Http …`."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chatsite.tcp import prepare
from chatsite.websocket import WebSocket

# In which a request has to be here whole, and no larger: proxies allow as much.
REQUEST_SECONDS = 60.0
REQUEST_BYTES = 1024 * 1024


class Http(HttpToolsProtocol):
    """uvicorn waits for the rest of a request as long as its connection lasts, and Django puts on the disk whatever
    comes: a client that says nothing, or a byte now and then, would keep its socket for good."""

    def connection_made(self, transport: Any) -> None:
        prepare(transport)
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._received = 0
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_arriving():
            self._stop_expecting()
            return
        self._received += len(data)
        if self._received > REQUEST_BYTES:
            self.transport.abort()
        elif self._deadline is None:
            self._expect_request()

    def handle_websocket_upgrade(self) -> None:
        """To this site's own, whatever `--ws` says. uvicorn would put the request together again, to have it parsed
        once more."""
        self.connections.discard(self)
        self.parser = None  # type: ignore[assignment]  # it holds this object, which nobody needs any more
        protocol = WebSocket(self.config, self.server_state, self.app_state)
        self.transport.set_protocol(protocol)
        protocol.take_over(self.transport, self.url, self.scope)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_expecting()
        super().connection_lost(exc)

    def _is_arriving(self) -> bool:
        """Whether the rest of a request has to come now. A WebSocket has another protocol from its request on."""
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

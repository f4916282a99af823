"""uvicorn's WebSockets, which send at once, take no more than they need and end in any case:
`uvicorn --ws chatsite.websocket:WebSocket …`."""

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from chat.protocol import MAX_FRAME_IN_BYTES
from chatsite.http import send_at_once

# For what was said last to leave the process, and for the other side's goodbye, which uvicorn waits 10 seconds for.
LINGER_SECONDS = 15.0
# A frame above the protocol's limit is answered with a sentence; one above this is not even gathered, and what it comes
# on is closed with 1009. uvicorn's own limit is 16 MiB, which a compressed frame of 16 KiB would reach.
MAX_GATHERED_BYTES = 4 * MAX_FRAME_IN_BYTES


class WebSocket(WebSocketsSansIOProtocol):
    """uvicorn closes a connection once everything written to it has left. To a client that reads nothing, but keeps the
    connection, it never does; then the site has given it up, and socket and buffer would stay for good."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.conn.max_message_size = MAX_GATHERED_BYTES

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        send_at_once(transport)
        super().connection_made(transport)

    def send_receive_event_to_app(self) -> None:
        """Text that is no UTF-8 ends the connection (RFC 6455, section 8.1). uvicorn logs it as a failure of the
        site, and fails at it where a goodbye came at the same time."""
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.fail(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            # On a connection that is closed by then it does nothing.
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True

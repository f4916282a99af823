"""Open a WebSocket connection to a room."""

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from chat.protocol import SUBPROTOCOL
from chat.terminal.address import Address
from chat.terminal.site import USER_AGENT

# A frame may be larger than the server's frame limit if one message is.
MAX_FRAME_BYTES = 16 * 1024 * 1024
OPEN_SECONDS = 10
CLOSE_SECONDS = 1


class Dial(connect):
    """A connection attempt: `async with Dial(…) as wire`."""

    def __init__(self, address: Address, room: str, token: str, cursor: str):
        query = {"after": cursor} if cursor else {}
        super().__init__(
            address.socket(room, **query),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {token}"},
            user_agent_header=USER_AGENT,
            proxy=None if address.is_loopback else True,
            max_size=MAX_FRAME_BYTES,
            ping_interval=None,  # the protocol has its own ping frames
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
        )

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow no redirect. A token must not reach a host that the user did not name."""
        return exc

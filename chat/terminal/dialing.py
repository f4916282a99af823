"""Opening a WebSocket to a room."""

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from chat.protocol import SUBPROTOCOL
from chat.terminal.address import Address
from chat.terminal.site import USER_AGENT

# A frame is larger than the server's limit if a single message is.
MAX_FRAME_BYTES = 16 * 1024 * 1024
OPEN_SECONDS = 10
CLOSE_SECONDS = 1


class Dial(connect):
    """`async with Dial(…) as wire`."""

    def __init__(self, address: Address, room: str, token: str, cursor: str):
        query = {"after": cursor} if cursor else {}
        super().__init__(
            address.socket(room, **query),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {token}"},
            user_agent_header=USER_AGENT,
            proxy=None if address.is_loopback else True,
            max_size=MAX_FRAME_BYTES,
            ping_interval=None,  # the protocol has its own
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
        )

    def process_redirect(self, exc: Exception) -> Exception | str:
        """None is followed: a token goes to the address it is for, and to no other."""
        return exc

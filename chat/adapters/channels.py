"""The private or undocumented parts of Channels that the site uses: the consumer loop and the in-memory layer."""

from typing import Any

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import InMemoryChannelLayer

LAYER_METHODS = {
    "get_capacity": ("channel",),
    "require_valid_group_name": ("name",),
    "group_send": ("group", "message"),
    "_clean_expired": (),
}
LAYER_ATTRIBUTES = ("channels", "groups")
CONSUMER_METHODS = {
    "__call__": ("scope", "receive", "send"),
    "dispatch": ("message",),
    "websocket_disconnect": ("message",),
    "accept": ("subprotocol",),
    "close": ("code",),
}


class Consumer(AsyncWebsocketConsumer):
    """A consumer that reads its own events. Channels sets these attributes when it runs a consumer."""

    scope: Any
    base_send: Any

    def begin(self, scope: Any, send: Any) -> None:
        """Set the attributes that Channels sets before the first event."""
        self.scope, self.base_send = scope, send

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Call the handler of a message. Channels also waits for a thread to close connections; none are open here."""
        await getattr(self, get_handler_name(message))(message)


class ChannelsMemoryLayer(InMemoryChannelLayer):
    """The in-memory layer without the search for expired messages, whose cost grows with the number of channels."""

    channels: dict[str, Any]
    groups: dict[str, Any]

    def _clean_expired(self) -> None:
        """Do nothing: messages do not expire."""

"""What the site uses of Channels that is private or undocumented: how a consumer runs, and the layer in memory."""

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
    """A consumer that reads its own events. The attributes are those that Channels sets when it runs one."""

    scope: Any
    base_send: Any

    def begin(self, scope: Any, send: Any) -> None:
        """What Channels does before the first event."""
        self.scope, self.base_send = scope, send

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels' own would wait for a thread to close database connections, which nothing here opens."""
        await getattr(self, get_handler_name(message))(message)


class ChannelsMemoryLayer(InMemoryChannelLayer):
    """The layer in memory without its look for what has expired, which takes longer the more channels there are."""

    channels: dict[str, Any]
    groups: dict[str, Any]

    def _clean_expired(self) -> None:
        """There is nothing to clean."""

"""The channel layer inside a process, for a site that is only one."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer


class MemoryLayer(InMemoryChannelLayer):
    """Channels' own starts a task for each member of a group, copies what it brings, and looks through all groups and
    channels of the process for what is old with every broadcast. Here nobody changes what was sent, and nothing grows
    old: the one member joins anew each minute (`Hub`), and a channel that nobody reads holds no more than its capacity.
    """

    # Whether sending may take time, as over a network.
    may_wait = False

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._listeners: dict[str, Callable[[dict[str, Any]], None]] = {}

    def listen(self, channel: str, hear: Callable[[dict[str, Any]], None]) -> None:
        """From now on give what comes to `channel` to `hear` as it is sent, rather than to who waits in `receive`: a
        broadcast would take a turn of the event loop more."""
        self._listeners[channel] = hear

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        if hear := self._listeners.get(channel):
            hear(message)
            return
        try:
            self._queue(channel).put_nowait(message)
        except asyncio.QueueFull as error:
            raise ChannelFull(channel) from error

    async def receive(self, channel: str) -> dict[str, Any]:
        return await self._queue(channel).get()

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.require_valid_group_name(group)
        for channel in list(self.groups.get(group, ())):
            with suppress(ChannelFull):
                await self.send(channel, message)

    def _queue(self, channel: str) -> asyncio.Queue[dict[str, Any]]:
        queue = self.channels.get(channel)
        if queue is None:
            queue = self.channels[channel] = asyncio.Queue(self.get_capacity(channel))
        return queue

    def _clean_expired(self) -> None:
        """There is nothing to clean."""

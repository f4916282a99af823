"""The in-process channel layer, for a site with a single process."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from channels.exceptions import ChannelFull

from chat.adapters import channels


class MemoryLayer(channels.ChannelsMemoryLayer):
    """A faster in-memory layer.

    For each broadcast, Channels' version starts a task per group member, copies the message, and searches all groups
    and channels for expired entries. Here no receiver changes a message and nothing expires: the only member rejoins
    every minute (`Hub`), and an unread channel is limited by its capacity.
    """

    # Whether sending may block, as over a network.
    may_wait = False

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._listeners: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._receiving: Counter[str] = Counter()

    def listen(self, channel: str, handle: Callable[[dict[str, Any]], None]) -> None:
        """Pass the messages of `channel` to `handle` as they are sent, instead of to a waiting `receive`. This saves a
        turn of the event loop per broadcast."""
        self._listeners[channel] = handle

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        if handle := self._listeners.get(channel):
            handle(message)
            return
        try:
            self._queue(channel).put_nowait(message)
        except asyncio.QueueFull as error:
            raise ChannelFull(channel) from error

    def stop_listening(self, channel: str) -> None:
        """Remove the channel of a closed member."""
        self._listeners.pop(channel, None)
        self.channels.pop(channel, None)

    async def receive(self, channel: str) -> dict[str, Any]:
        queue = self._queue(channel)
        self._receiving[channel] += 1
        try:
            return await queue.get()
        finally:
            self._receiving[channel] -= 1
            self._drop_if_unused(channel, queue)

    def _drop_if_unused(self, channel: str, queue: asyncio.Queue[dict[str, Any]]) -> None:
        """Remove an empty queue that no one waits for. Every socket and process uses a channel of its own."""
        if not self._receiving[channel]:
            del self._receiving[channel]
            if queue.empty():
                self.channels.pop(channel, None)

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

"""The channel layer inside a process, for a site that is only one."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from channels.exceptions import ChannelFull

from chat.adapters import channels


class MemoryLayer(channels.ChannelsMemoryLayer):
    """Channels' own starts a task for each member of a group, copies what it brings, and looks through all groups and
    channels of the process for what is old with every broadcast. Here nobody changes what was sent, and nothing grows
    old: the one member joins anew each minute (`Hub`), and a channel that nobody reads holds no more than its capacity.
    """

    # Whether sending may take time, as over a network.
    may_wait = False

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._listeners: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._receiving: Counter[str] = Counter()

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

    def stop_listening(self, channel: str) -> None:
        """Forget the channel of a member that is gone."""
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
        """Keep no queue that is empty and that nobody waits for: each socket and each process had a channel of its
        own."""
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

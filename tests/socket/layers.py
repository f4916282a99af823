"""Channel layers that fail as a real one may."""

import asyncio
import random
from contextlib import contextmanager

from channels.layers import InMemoryChannelLayer, channel_layers


@contextmanager
def in_use(layer):
    """Use `layer` instead of the site's, and restore that afterwards."""
    before = channel_layers["default"]
    channel_layers.set("default", layer)
    try:
        yield layer
    finally:
        channel_layers.set("default", before)


class Deaf(InMemoryChannelLayer):
    """A layer that drops every group message."""

    async def group_send(self, group, message):
        pass


class Unreliable(InMemoryChannelLayer):
    """A layer that drops a fifth, doubles some, and delivers the rest in any order."""

    def __init__(self, seed=0):
        super().__init__(capacity=10_000)
        self._random = random.Random(seed)
        self._late = set()

    async def group_send(self, group, message):
        for _ in range(self._random.choices((0, 1, 2), (20, 75, 5))[0]):
            loop = asyncio.get_running_loop()
            delay = self._random.choice((0, 0, 0, 0.01, 0.05))
            loop.call_later(delay, self._deliver, group, message)

    def _deliver(self, group, message):
        task = asyncio.ensure_future(super().group_send(group, message))
        self._late.add(task)
        task.add_done_callback(self._late.discard)


class Broken(InMemoryChannelLayer):
    """A layer that raises on everything while `is_down`, as Redis does."""

    is_down = True

    async def group_send(self, group, message):
        if self.is_down:
            raise ConnectionError("down")
        await super().group_send(group, message)

    async def group_add(self, group, channel):
        if self.is_down:
            raise ConnectionError("down")
        await super().group_add(group, channel)

    async def new_channel(self, prefix="specific."):
        if self.is_down:
            raise ConnectionError("down")
        return await super().new_channel(prefix)


class Hanging(InMemoryChannelLayer):
    """A layer that never answers a publish."""

    async def group_send(self, group, message):
        await asyncio.Event().wait()

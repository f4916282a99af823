"""A channel layer around a real one, which drops, doubles and delays events and forgets members."""

import asyncio
import random

from django.utils.module_loading import import_string

from tests.faults.hooks import trap

# Beyond what a feed waits for a broadcast that is early.
DELAY_SECONDS = (0.0, 0.2)


class UnreliableLayer:
    """`drop`, `double` and `delay` are chances of each group message."""

    def __init__(self, inner, seed, drop, double, delay):
        self._inner = import_string(inner["BACKEND"])(**inner.get("CONFIG", {}))
        self._rng = random.Random(seed)
        self._drop, self._double, self._delay = drop, double, delay
        self._members, self._late = set(), set()

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def group_add(self, group, channel):
        self._members.add((group, channel))
        await self._inner.group_add(group, channel)

    async def group_discard(self, group, channel):
        self._members.discard((group, channel))
        await self._inner.group_discard(group, channel)

    async def group_send(self, group, message):
        if trap.springs("forget members"):
            for member in self._members:
                await self._inner.group_discard(*member)
        if self._rng.random() < self._drop:
            return
        for _ in range(2 if self._rng.random() < self._double else 1):
            await self._pass_on(group, message)

    async def _pass_on(self, group, message):
        if self._rng.random() < self._delay:
            late = asyncio.create_task(self._send_late(group, message))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
            return
        await self._inner.group_send(group, message)
        if message["type"] == "room.changes":
            trap.kill_if("after broadcast")

    async def _send_late(self, group, message):
        await asyncio.sleep(self._rng.uniform(*DELAY_SECONDS))
        await self._inner.group_send(group, message)

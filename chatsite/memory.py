"""The channel layer inside a process, for a site that is only one."""

from contextlib import suppress
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer


class MemoryLayer(InMemoryChannelLayer):
    """Channels' own starts a task for each member of a group, and looks through all groups and channels of the process
    for what is old with every broadcast. Here nothing grows old: the one member joins anew each minute (`Hub`), and a
    channel that nobody reads holds no more than its capacity."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.require_valid_group_name(group)
        for channel in list(self.groups.get(group, ())):
            with suppress(ChannelFull):
                await self.send(channel, message)

    def _clean_expired(self) -> None:
        """There is nothing to clean."""

"""How long to wait before coming back."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
# A site may ask for more patience than that, but not for ever.
LONGEST_ASKED_SECONDS = 600.0


class Backoff:
    """Full jitter: any time from the shortest to a limit that doubles with each attempt (Brooker, "Exponential Backoff
    And Jitter", AWS 2015), unless the site has said when: then `asked` seconds, once."""

    def __init__(self) -> None:
        self.asked: float | None = None
        self._attempts = 0
        self._hurried = asyncio.Event()

    def reset(self) -> None:
        """The line is there again."""
        self._attempts, self.asked = 0, None

    def hurry(self) -> None:
        """Wait no longer."""
        self._hurried.set()

    def next_delay(self) -> float:
        if self.asked is not None:
            delay, self.asked = min(max(self.asked, SHORTEST_SECONDS), LONGEST_ASKED_SECONDS), None
            return delay
        self._attempts += 1
        limit = min(LONGEST_SECONDS, SHORTEST_SECONDS * 2.0 ** min(self._attempts, 10))
        return random.uniform(SHORTEST_SECONDS, limit)  # noqa: S311

    async def pause(self, announce: Callable[[float], None]) -> None:
        """Wait as long as it is time for, having announced it in seconds."""
        seconds = self.next_delay()
        self._hurried.clear()
        announce(seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurried.wait()

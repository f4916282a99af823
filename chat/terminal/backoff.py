"""The delay before the client reconnects."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
# A site may ask for a longer delay, up to this one.
LONGEST_ASKED_SECONDS = 600.0


class Backoff:
    """Exponential backoff with full jitter.

    The delay is random between the shortest one and a limit that doubles with each attempt (Brooker, "Exponential
    Backoff And Jitter", AWS 2015). If the site has asked for a delay, `asked` holds it in seconds and is used once.
    """

    def __init__(self) -> None:
        self.asked: float | None = None
        self._attempts = 0
        self._delay_skipped = asyncio.Event()

    def reset(self) -> None:
        """Start over after a successful connection."""
        self._attempts, self.asked = 0, None

    def skip_delay(self) -> None:
        """End the current pause now."""
        self._delay_skipped.set()

    def next_delay(self) -> float:
        if self.asked is not None:
            delay, self.asked = min(max(self.asked, SHORTEST_SECONDS), LONGEST_ASKED_SECONDS), None
            return delay
        self._attempts += 1
        limit = min(LONGEST_SECONDS, SHORTEST_SECONDS * 2.0 ** min(self._attempts, 10))
        return random.uniform(SHORTEST_SECONDS, limit)  # noqa: S311

    async def pause(self, announce: Callable[[float], None]) -> None:
        """Call `announce` with the delay in seconds, then wait for it or until `skip_delay`."""
        seconds = self.next_delay()
        self._delay_skipped.clear()
        announce(seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._delay_skipped.wait()

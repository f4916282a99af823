"""The growth of a counter in the last minute."""

import time
from collections import deque
from collections.abc import Callable

MINUTE_SECONDS = 60.0


class RateMeter:
    """Measures a counter. `in_the_last_minute(count)` returns its growth in a minute, or since the first call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def in_the_last_minute(self, count: int) -> int:
        now = self._clock()
        self._seen.append((now, count))
        while self._seen[0][0] < now - MINUTE_SECONDS:
            self._seen.popleft()
        return count - self._seen[0][1]

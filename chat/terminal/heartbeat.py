"""Whether the other end is still there: when to ask, and when to give it up."""

import functools
import time
from collections.abc import Callable

# How long the answer to a `ping` may take.
PATIENCE_SECONDS = 10.0

# A clock that goes on while the computer sleeps, where there is one: after waking, the line is asked at once.
clock: Callable[[], float] = (
    functools.partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)


class Heartbeat:
    """Anything heard is a sign of life; after `heartbeat_seconds` of silence one asks for one."""

    def __init__(self, heartbeat_seconds: float, clock: Callable[[], float] = clock):
        self._heartbeat, self._clock = heartbeat_seconds, clock
        self._heard_at = clock()
        self._asked_at: float | None = None

    def heard(self) -> None:
        self._heard_at, self._asked_at = self._clock(), None

    def must_ask(self) -> bool:
        """Whether to send a `ping` now; it is then taken to be sent."""
        if self._asked_at is not None or self._clock() - self._heard_at < self._heartbeat:
            return False
        self._asked_at = self._clock()
        return True

    def is_dead(self) -> bool:
        return self._asked_at is not None and self._clock() - self._asked_at > PATIENCE_SECONDS

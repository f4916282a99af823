"""The heartbeat of a connection: when to send a ping, and when to give the connection up."""

import functools
import time
from collections.abc import Callable

# Time limit for the answer to a `ping`.
ANSWER_SECONDS = 10.0

# CLOCK_BOOTTIME also runs while the computer sleeps. After waking up, the client pings at once.
clock: Callable[[], float] = (
    functools.partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)


class Heartbeat:
    """Every frame proves that the server is alive. After `heartbeat_seconds` of silence a ping is due."""

    def __init__(self, heartbeat_seconds: float, clock: Callable[[], float] = clock):
        self._heartbeat, self._clock = heartbeat_seconds, clock
        self._heard_at = clock()
        self._asked_at: float | None = None

    def heard(self) -> None:
        self._heard_at, self._asked_at = self._clock(), None

    def must_ask(self) -> bool:
        """Return whether to send a `ping` now. If so, the ping counts as sent."""
        if self._asked_at is not None or self._clock() - self._heard_at < self._heartbeat:
            return False
        self._asked_at = self._clock()
        return True

    def is_dead(self) -> bool:
        return self._asked_at is not None and self._clock() - self._asked_at > ANSWER_SECONDS

"""Token buckets, in memory that stays bounded, for use from any thread."""

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable

Clock = Callable[[], float]
# The key of a bucket. Only text and numbers reach another process unchanged: a tuple arrives as a list.
BucketKey = str | int

# With more buckets than this, the least recently used ones are dropped even if they are not full yet.
MAX_BUCKETS = 100_000
# Rounding must not refuse a caller that has waited exactly as long as it was told.
TOLERANCE_SECONDS = 1e-6


class TokenBucket:
    """A bucket of `burst` tokens, refilled at `rate_per_second`. A rate of 0 is no limit.

    Its state is one number, the time at which it will be full (virtual scheduling, ITU-T I.371).
    """

    __slots__ = ("_burst", "_clock", "_full_at", "_rate")

    def __init__(self, rate_per_second: float, burst: int, clock: Clock = time.monotonic):
        self._rate, self._burst, self._clock = rate_per_second, max(burst, 1), clock
        self._full_at = clock()

    @property
    def is_full(self) -> bool:
        return self._full_at <= self._clock()

    def take(self, n: int = 1) -> float:
        """Take `n` tokens and return 0.0, or take none and return the seconds until there are `n`."""
        if not self._rate:
            return 0.0
        if n > self._burst:
            raise ValueError(f"{n} tokens will never be there: the bucket holds {self._burst}.")
        now = self._clock()
        full_at = max(self._full_at, now) + n / self._rate
        wait = full_at - now - self._burst / self._rate
        if wait > TOLERANCE_SECONDS:
            return wait
        self._full_at = full_at
        return 0.0

    def give_back(self, n: int) -> None:
        """Undo a `take`."""
        if self._rate:
            self._full_at -= n / self._rate

    def charge(self, n: int) -> None:
        """Take the `n` tokens that another process took, even if there are fewer here: later callers then wait.

        `n` is negative if the other process gave tokens back after it had reported them as taken.
        """
        if self._rate:
            self._full_at = max(self._full_at, self._clock()) + n / self._rate


class Buckets:
    """A bucket for each key, for use from any thread. A full bucket equals a new one, so it is dropped."""

    def __init__(self, rate_per_second: float, burst: int, clock: Clock = time.monotonic):
        self._new = functools.partial(TokenBucket, rate_per_second, burst, clock)
        self._buckets: dict[BucketKey, TokenBucket] = {}  # the least recently used first
        self._is_limited = rate_per_second > 0
        self._spent: Counter[BucketKey] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: BucketKey, n: int = 1) -> float:
        """Take from the bucket of `key`, as in `TokenBucket.take`."""
        with self._lock:
            bucket = self._buckets.pop(key, None) or self._new()
            wait = bucket.take(n)
            self._buckets[key] = bucket
            self._forget()
            if self._is_limited and not wait and len(self._spent) < MAX_BUCKETS:
                self._spent[key] += n
            return wait

    def wait(self, key: BucketKey) -> float:
        """Return what `take` would return, without taking a token."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                return 0.0
            if not (wait := bucket.take()):
                bucket.give_back(1)
            return wait

    def give_back(self, key: BucketKey, n: int = 1) -> None:
        """Give tokens back to the bucket of `key`. `spent` reports them, so other processes give them back, too."""
        with self._lock:
            if bucket := self._buckets.get(key):
                bucket.give_back(n)
            if self._is_limited and (key in self._spent or len(self._spent) < MAX_BUCKETS):
                self._spent[key] -= n

    def spent(self) -> list[tuple[BucketKey, int]]:
        """Return the tokens taken here since the last call, by key."""
        with self._lock:
            spent, self._spent = self._spent, Counter()
        return [(key, n) for key, n in spent.items() if n]

    def charge(self, key: BucketKey, n: int) -> None:
        """Charge the bucket of `key`, as in `TokenBucket.charge`."""
        with self._lock:
            bucket = self._buckets.pop(key, None) or self._new()
            bucket.charge(n)
            self._buckets[key] = bucket
            self._forget()

    def _forget(self) -> None:
        """Drop up to two full buckets from the front. One call adds one bucket, so no caller ever waits for a sweep."""
        for _ in range(2):
            oldest = next(iter(self._buckets), None)
            if oldest is None or not (self._buckets[oldest].is_full or len(self._buckets) > MAX_BUCKETS):
                return
            del self._buckets[oldest]

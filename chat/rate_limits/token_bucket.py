"""Token buckets, in memory that stays bounded, for use from any thread."""

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable

Clock = Callable[[], float]
# What there is a bucket for. Only text and numbers reach another process as they are: a tuple arrives as a list.
BucketKey = str | int

# Beyond this many buckets the ones unused for longest are forgotten although they are not full yet.
MAX_BUCKETS = 100_000
# Rounding must not make somebody wait who has waited as long as they were told.
TOLERANCE_SECONDS = 1e-6


class TokenBucket:
    """`burst` tokens at once, refilled at `rate_per_second`; a rate of 0 is no limit.

    One number says how full it is: the moment at which it will be full (the virtual scheduling of ITU-T I.371).
    """

    __slots__ = ("_burst", "_clock", "_full_at", "_rate")

    def __init__(self, rate_per_second: float, burst: int, clock: Clock = time.monotonic):
        self._rate, self._burst, self._clock = rate_per_second, max(burst, 1), clock
        self._full_at = clock()

    @property
    def is_full(self) -> bool:
        return self._full_at <= self._clock()

    def take(self, n: int = 1) -> float:
        """0.0 if `n` tokens were there and are taken, else the seconds until they can be; then none is taken."""
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
        """Take what was given out elsewhere, though it be more than there is: that is then waited for. What was given
        back there, after it was told as taken, is less than nothing."""
        if self._rate:
            self._full_at = max(self._full_at, self._clock()) + n / self._rate


class Buckets:
    """A bucket for each key, for use from any thread. A full one is like none, so it is forgotten."""

    def __init__(self, rate_per_second: float, burst: int, clock: Clock = time.monotonic):
        self._new = functools.partial(TokenBucket, rate_per_second, burst, clock)
        self._buckets: dict[BucketKey, TokenBucket] = {}  # the one unused for longest first
        self._is_limited = rate_per_second > 0
        self._spent: Counter[BucketKey] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: BucketKey, n: int = 1) -> float:
        """`TokenBucket.take` from the bucket of `key`."""
        with self._lock:
            bucket = self._buckets.pop(key, None) or self._new()
            wait = bucket.take(n)
            self._buckets[key] = bucket
            self._forget()
            if self._is_limited and not wait and len(self._spent) < MAX_BUCKETS:
                self._spent[key] += n
            return wait

    def wait(self, key: BucketKey) -> float:
        """What `take` would say, without taking."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                return 0.0
            if not (wait := bucket.take()):
                bucket.give_back(1)
            return wait

    def give_back(self, key: BucketKey, n: int = 1) -> None:
        """`TokenBucket.give_back` to the bucket of `key`: elsewhere, too, what was told as taken."""
        with self._lock:
            if bucket := self._buckets.get(key):
                bucket.give_back(n)
            if self._is_limited and (key in self._spent or len(self._spent) < MAX_BUCKETS):
                self._spent[key] -= n

    def spent(self) -> list[tuple[BucketKey, int]]:
        """What was taken here since this was asked last."""
        with self._lock:
            spent, self._spent = self._spent, Counter()
        return [(key, n) for key, n in spent.items() if n]

    def charge(self, key: BucketKey, n: int) -> None:
        """`TokenBucket.charge` for the bucket of `key`."""
        with self._lock:
            bucket = self._buckets.pop(key, None) or self._new()
            bucket.charge(n)
            self._buckets[key] = bucket
            self._forget()

    def _forget(self) -> None:
        """Drop from the front what is full, at most two for the one that came, so that no caller waits for a sweep."""
        for _ in range(2):
            oldest = next(iter(self._buckets), None)
            if oldest is None or not (self._buckets[oldest].is_full or len(self._buckets) > MAX_BUCKETS):
                return
            del self._buckets[oldest]

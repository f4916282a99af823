"""How often one person or address may do something: token buckets in memory that stays bounded.

Each process asks only its own, so that nobody waits. What it gave out it tells the others about ten times a second, and
they take as much out of theirs: see `spent` and `charge`.
"""

import functools
import ipaddress
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable

from django.conf import settings

Clock = Callable[[], float]

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

    def charge(self, n: int) -> None:
        """Take what was given out elsewhere, though it be more than there is: that is then waited for."""
        if self._rate:
            self._full_at = max(self._full_at, self._clock()) + n / self._rate


class Buckets:
    """A bucket for each key, for use from any thread. A full one is like none, so it is forgotten."""

    def __init__(self, rate_per_second: float, burst: int, clock: Clock = time.monotonic):
        self._new = functools.partial(TokenBucket, rate_per_second, burst, clock)
        self._buckets: dict[Hashable, TokenBucket] = {}  # the one unused for longest first
        self._is_limited = rate_per_second > 0
        self._spent: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, n: int = 1) -> float:
        """`TokenBucket.take` from the bucket of `key`."""
        with self._lock:
            bucket = self._buckets.pop(key, None) or self._new()
            wait = bucket.take(n)
            self._buckets[key] = bucket
            self._forget()
            if self._is_limited and not wait and len(self._spent) < MAX_BUCKETS:
                self._spent[key] += n
            return wait

    def spent(self) -> list[tuple[Hashable, int]]:
        """What was taken here since this was asked last."""
        with self._lock:
            spent, self._spent = self._spent, Counter()
        return list(spent.items())

    def charge(self, key: Hashable, n: int) -> None:
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


def posts() -> Buckets:
    """What people post, by person: one limit over the API and all their connections."""
    return _buckets("posts", settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST)


def guests() -> Buckets:
    """Newcomers, by `network_of` their address."""
    return _buckets("guests", settings.CHAT_GUESTS_PER_MINUTE / 60, settings.CHAT_GUESTS_PER_MINUTE)


def searches() -> Buckets:
    """What people look for, by person: over the page and the API."""
    return _buckets("searches", settings.CHAT_SEARCHES_PER_MINUTE / 60, settings.CHAT_SEARCHES_PER_MINUTE)


# The buckets whose keys mean the same in every process.
SHARED: dict[str, Callable[[], Buckets]] = {"posts": posts, "guests": guests, "searches": searches}


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that a single IPv6 customer has all to themselves."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False))
    return str(parsed)


def spent() -> dict[str, list[tuple[Hashable, int]]]:
    """By purpose, what this process gave out since it was asked last: (key, tokens). For the other processes."""
    return {purpose: taken for purpose, buckets in SHARED.items() if (taken := buckets().spent())}


def charge(spent: dict[str, list[tuple[Hashable, int]]]) -> None:
    """Take out of the buckets here what another process gave out of its own."""
    for purpose, buckets in SHARED.items():
        for key, n in spent.get(purpose, ()):
            buckets().charge(key, n)


def reset() -> None:
    """Fill all buckets."""
    _buckets.cache_clear()


@functools.cache
def _buckets(purpose: str, rate_per_second: float, burst: int) -> Buckets:
    """The buckets for one purpose and one pair of settings: a changed setting counts from its first use."""
    return Buckets(rate_per_second, burst)

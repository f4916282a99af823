"""Requests for the pages and pictures of link previews: limits, redirects, and one request a second to each host."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from chat import outbound
from chat.outbound import Answer, NoAnswer, RequestLimits
from chat.previews.head import PageHead, read_head

SECONDS = 5.0
MOST_BYTES = 512 * 1024
MAX_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
SCHEMES = ("https", "http")
PAGE = RequestLimits(MOST_BYTES, SECONDS, ("text/html",), may_cut=True, schemes=SCHEMES)
# Those that `chat/files` processes.
PICTURE = RequestLimits(
    MOST_BYTES, SECONDS, ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"), schemes=SCHEMES
)
INTERVAL_SECONDS = 1.0
# Hosts whose last turn is kept.
MAX_HOSTS = 1000

sleep = time.sleep


class HostTurns:
    """Turns for requests to a host, `INTERVAL_SECONDS` apart. Only one process makes such requests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._next: dict[str, float] = {}

    def take(self, url: str, most_seconds: float) -> float | None:
        """Return the seconds until the turn of a request, which is then taken. None if they are more than the most."""
        host, now = urlsplit(url).hostname or "", self._clock()
        with self._lock:
            at = max(self._next.pop(host, now), now)
            if at - now <= most_seconds:
                self._next[host] = at + INTERVAL_SECONDS
                if len(self._next) > MAX_HOSTS:
                    self._next = {it: when for it, when in self._next.items() if when > now}
                return at - now
            self._next[host] = at
            return None


turns = HostTurns()


def page(url: str) -> PageHead | None:
    """Return what a page says about itself, or None if it is no page or has no title.

    Its turn has been taken. Raises what `outbound.request` does.
    """
    found = _get(url, PAGE)
    if found is None or not found[1].body:
        return None
    address, answer = found
    head = read_head(answer.body, answer.headers.get("Content-Type", ""), address)
    return head if head.title else None


def picture(url: str) -> bytes | None:
    """Return a picture, or None if there is none. Its turn has been taken."""
    found = _get(url, PICTURE)
    return found[1].body or None if found else None


def _get(url: str, limits: RequestLimits) -> tuple[str, Answer] | None:
    """Return the answer at the end of the redirects, and its address. None if it is no success.

    Each address is checked like the first, and all together have one deadline.
    """
    ends_at = time.monotonic() + limits.seconds
    for redirects in range(MAX_REDIRECTS + 1):
        answer = outbound.request("GET", url, limits=replace(limits, seconds=ends_at - time.monotonic()))
        if answer.status not in REDIRECTS or redirects == MAX_REDIRECTS:
            return (url, answer) if answer.status == 200 else None
        url = urljoin(url, answer.headers.get("Location", ""))
        wait = turns.take(url, ends_at - time.monotonic())
        if wait is None:
            raise NoAnswer("The host was asked too often.")
        sleep(wait)
    return None

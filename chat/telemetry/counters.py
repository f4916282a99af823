"""Counters of this process since its start. `chat.metrics` reports them.

Only the event loop changes a counter, unless a comment says otherwise, so counters need no lock.
"""

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
JOB_SECONDS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0)
REQUESTS = (1, 2, 5, 10, 20, 50, 100, 200, 400)


class Histogram:
    """The number of observed values per bucket, each up to its bound. Any thread may observe."""

    def __init__(self, bounds: tuple[float, ...]):
        self.bounds = bounds
        self._lock = threading.Lock()
        self._numbers = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        with self._lock:
            self._numbers[bisect_left(self.bounds, value)] += 1
            self._sum += value

    def read(self) -> tuple[list[int], float]:
        """Return the numbers per bound, then the number above the last bound, and the sum of all values."""
        with self._lock:
            return list(self._numbers), self._sum


def _seconds() -> Histogram:
    return Histogram(SECONDS)


@dataclass(slots=True)
class Counters:
    # Sockets
    connections: int = 0
    frames_in: int = 0
    bytes_in: int = 0
    frames_out: int = 0
    bytes_out: int = 0
    resets: int = 0
    closes: Counter[int] = field(default_factory=Counter)  # by close code, those that this side began
    refusals: Counter[str] = field(default_factory=Counter)  # by error code

    # Writing. Database threads change these, by `note_commit` and `note_failed_commit`.
    messages: int = 0
    commands: Counter[type] = field(default_factory=Counter)
    failed_commits: int = 0
    batch_size: Histogram = field(default_factory=lambda: Histogram(REQUESTS))
    commit_seconds: Histogram = field(default_factory=_seconds)
    answer_seconds: Histogram = field(default_factory=_seconds)

    # Broadcasts
    publish_seconds: Histogram = field(default_factory=_seconds)
    publish_errors: int = 0
    broadcasts_dropped: int = 0
    broadcasts_received: int = 0
    broadcasts_applied: int = 0
    layer_outages: int = 0
    layer_seconds: Histogram = field(default_factory=_seconds)

    # Reads of changes that broadcasts missed
    holes_healed: int = 0
    unread_corrected: int = 0
    head_check_seconds: Histogram = field(default_factory=_seconds)

    # Background work
    jobs_waiting: dict[str, int] = field(default_factory=dict)  # by task, when it was last counted
    jobs_failed: int = 0
    job_seconds: Histogram = field(default_factory=lambda: Histogram(JOB_SECONDS))

    # HTTP
    requests: Counter[str] = field(default_factory=Counter)  # by status
    request_seconds: Histogram = field(default_factory=_seconds)
    policy_violations: Counter[str] = field(default_factory=Counter)  # by directive

    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note_commit(self, seconds: float, requests: int, done: list[type], messages: int) -> None:
        """Count a transaction. `done` has the type of each executed command; refused requests have none."""
        self.commit_seconds.observe(seconds)
        self.batch_size.observe(requests)
        with self._lock:
            self.commands.update(done)
            self.messages += messages

    def note_failed_commit(self) -> None:
        with self._lock:
            self.failed_commits += 1


counts = Counters()


def size_of(text: str) -> int:
    """Return the number of bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))

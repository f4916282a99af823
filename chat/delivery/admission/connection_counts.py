"""Open sockets by person and by address, over all workers.

Each worker counts its own and broadcasts changes. It resends all of its counts every few seconds, in case the channel
layer lost some. The counts of a worker that died are dropped.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

# The kind, `person` or `address`, and the person's id or the address.
CountedKey = tuple[str, str]


class ConnectionCounts:
    def __init__(self) -> None:
        self._here: Counter[CountedKey] = Counter()
        self._elsewhere: defaultdict[str, dict[CountedKey, int]] = defaultdict(dict)
        self._changes: set[CountedKey] = set()

    def enter(self, key: CountedKey, limit: int) -> bool:
        """Count one more socket and return True, or return False at `limit`. A limit of 0 means no limit."""
        if limit and self.size(key) >= limit:
            return False
        self._here[key] += 1
        self._changes.add(key)
        return True

    def leave(self, key: CountedKey) -> None:
        self._here[key] -= 1
        if not self._here[key]:
            del self._here[key]
        self._changes.add(key)

    def size(self, key: CountedKey) -> int:
        return self._here[key] + sum(counts.get(key, 0) for counts in self._elsewhere.values())

    def changes(self) -> list[tuple[CountedKey, int]]:
        """Return the current counts of this worker that changed since the last call."""
        changes, self._changes = self._changes, set()
        return [(key, self._here[key]) for key in changes]

    def resend_all(self) -> None:
        """Mark all counts as changed: a worker may have missed some, or has just started."""
        self._changes |= self._here.keys()

    def merge(self, worker: str, counts: Iterable[tuple[CountedKey, int]]) -> None:
        """Take over the counts that another worker broadcast. The layer turns their keys into lists."""
        known = self._elsewhere[worker]
        for (kind, which), number in counts:
            if number:
                known[kind, which] = number
            else:
                known.pop((kind, which), None)

    def forget(self, workers: Iterable[str]) -> None:
        for worker in workers:
            self._elsewhere.pop(worker, None)

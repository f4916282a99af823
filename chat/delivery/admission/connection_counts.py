"""How many sockets somebody has open, over all workers: counted here, and told to the others when it changes.

What the layer loses is told again with everything else, every few seconds; what a worker had is forgotten with it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

# A kind, `person` or `address`, and which.
CountedKey = tuple[str, str]


class ConnectionCounts:
    def __init__(self) -> None:
        self._here: Counter[CountedKey] = Counter()
        self._elsewhere: defaultdict[str, dict[CountedKey, int]] = defaultdict(dict)
        self._changes: set[CountedKey] = set()

    def enter(self, key: CountedKey, limit: int) -> bool:
        """Count one more, if that is within `limit`; 0 is none."""
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
        """What has changed here since this was asked last, as it is now."""
        changes, self._changes = self._changes, set()
        return [(key, self._here[key]) for key in changes]

    def resend_all(self) -> None:
        """Everything is news again: somebody may have missed it, or has only just come."""
        self._changes |= self._here.keys()

    def merge(self, worker: str, counts: Iterable[tuple[CountedKey, int]]) -> None:
        """What another worker told. Its keys come back from the layer as lists."""
        known = self._elsewhere[worker]
        for (kind, which), number in counts:
            if number:
                known[kind, which] = number
            else:
                known.pop((kind, which), None)

    def forget(self, workers: Iterable[str]) -> None:
        for worker in workers:
            self._elsewhere.pop(worker, None)

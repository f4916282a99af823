"""The verdict on a run: every client has every message of its room once, in the order the server promises."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from benchmarks.load.client_group import ClientGroup
from benchmarks.load.dialect import Dialect
from benchmarks.load.room import Room

# The numbers of the messages that are stored in a room, in their order.
Stored = Callable[[str], Sequence[int]]


def audit(group: ClientGroup, dialect: Dialect, stored: Stored | None) -> list[str]:
    """Return every difference as a sentence, or none."""
    found = list(group.failures)
    for room in group.rooms.values():
        found += room.failures
        kept = stored(room.name) if stored else None
        found += (f"{room.name}: {difference}" for difference in of_room(room, dialect, kept))
    return found


def of_room(room: Room, dialect: Dialect, stored: Sequence[int] | None) -> Iterator[str]:
    """`stored` are the messages in the database; where nothing is kept, all must be as the first client has it."""
    received = [
        list(chain.from_iterable(decoded.posts for decoded in connection.log)) for connection in room.connections
    ]
    posted = list(room.posts)
    everyone = [(f"client {number}", numbers) for number, numbers in enumerate(received)]
    if stored is not None:
        everyone.insert(0, ("the database", list(stored)))
    (name, order), *others = everyone
    yield from (f"{name}: {it}" for it in differences(order, posted))
    for name, numbers in others:
        if numbers == order:
            continue
        yield from (f"{name}: {it}" for it in differences(numbers, posted))
        if dialect.has_one_order and sorted(numbers) == sorted(order):
            yield f"{name}: the order is another one."
    if room.unanswered:
        yield f"{room.unanswered} posts were never answered."


def differences(received: Sequence[int], posted: Sequence[int]) -> Iterator[str]:
    """Return which messages are missing, came more than once or were never posted."""
    times = Counter(received)
    known = set(posted)
    if missing := len(known - times.keys()):
        yield f"{missing:,} of {len(known):,} messages are missing."
    if doubled := sum(count - 1 for number, count in times.items() if count > 1):
        yield f"{doubled:,} messages came more than once."
    if strange := len(times.keys() - known):
        yield f"{strange:,} messages were never posted here."

"""The verdict on a run: every client has every message of its room once, unaltered and in the promised order."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from benchmarks.load.dialect import client_id_of, number_of
from benchmarks.load.group import Group
from benchmarks.load.room import Room
from benchmarks.load.rows import Row

# The messages of this run that are stored in a room, in their order.
Stored = Callable[[str], Sequence[Row]]


def audit(group: Group, stored: Stored | None) -> list[str]:
    """Return every difference as a sentence, or none."""
    found = list(group.failures)
    rows = {name: stored(name) for name in group.rooms} if stored else {}
    for room in group.rooms.values():
        found += room.failures
        in_room = of_room(room, rows.get(room.name), has_one_order=group.decoder.dialect.has_one_order)
        found += (f"{room.name}: {difference}" for difference in in_room)
    if stored:
        received = {row for decoded in group.decoder.frames for row in decoded.rows}
        found += (f"{row} was received and is not stored." for row in received.difference(*rows.values(), ()))
    return found


def of_room(room: Room, stored: Sequence[Row] | None, *, has_one_order: bool = True) -> Iterator[str]:
    """`stored` are the messages in the database; where nothing is kept, all must be as the first client has it."""
    received = [
        list(chain.from_iterable(decoded.posts for decoded in connection.log)) for connection in room.connections
    ]
    posted = list(room.posts)
    everyone = [(f"client {number}", numbers) for number, numbers in enumerate(received)]
    if stored is not None:
        everyone.insert(0, ("the database", [number_of(row.body) for row in stored]))
        yield from _stored_otherwise(room, stored)
    (name, order), *others = everyone
    yield from (f"{name}: {it}" for it in differences(order, posted))
    for name, numbers in others:
        if numbers == order:
            continue
        yield from (f"{name}: {it}" for it in differences(numbers, posted))
        if has_one_order and sorted(numbers) == sorted(order):
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


def _stored_otherwise(room: Room, stored: Sequence[Row]) -> Iterator[str]:
    """Return the messages that are stored with another id, or at another position than acknowledged."""
    for row in stored:
        number = number_of(row.body)
        answer = room.posts[number].answer if number in room.posts else None
        if row.client_id != client_id_of(number) or (answer and answer != (number, row.seq, row.rev)):
            yield f"{row} was acknowledged as {answer}."

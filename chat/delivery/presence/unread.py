"""Unread counts for the rooms that a connected person is not viewing, without a broadcast per member.

The head check finds the rooms that changed. Only members of those rooms who view another room are counted again, all in
one query, at most once a second. A read position that one connection moves is passed on to the person's others in the
same room, without a query.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from chat.history import Head
from chat.models import Membership, Mention
from chat.protocol import Rooms, Unread

UnreadByRoom = dict[str, Unread]
# A read position, and whether it moved back there.
ReadPosition = tuple[int, bool]


class UnreadCounts:
    """Keeps track of unread counts.

    For each room in a person's view, `send(person_id, room_id, frame)` is called with counts of their other rooms,
    `send_position(person_id, room_id, position)` with their read position in that room, and
    `send_membership(person_id, room_id, is_member)` with whether they belong to it.
    """

    def __init__(
        self,
        send: Callable[[int, int, str], None],
        send_position: Callable[[int, int, ReadPosition], None],
        send_membership: Callable[[int, int, bool], None],
    ) -> None:
        self._send, self._send_position, self._send_membership = send, send_position, send_membership
        self._viewing: dict[int, dict[int, int]] = {}  # person to room in view to open sockets
        self._members: dict[int, set[int]] = defaultdict(set)  # room to its connected members
        self._rooms_of: dict[int, set[int]] = {}
        self._sent: dict[tuple[int, int], UnreadByRoom] = {}  # by person and room in view
        self._positions: dict[tuple[int, int], ReadPosition] = {}  # not passed on yet, by person and room in view
        self._due: set[int] = set()
        self._counting: set[int] = set()  # due before the read that is running or has failed
        self._seqs: dict[int, int] = {}

    def enter(self, person_id: int, room_id: int) -> None:
        rooms = self._viewing.setdefault(person_id, {})
        rooms[room_id] = rooms.get(room_id, 0) + 1
        # A new connection needs all counts, not the difference from the last frame of another connection.
        self._sent.pop((person_id, room_id), None)
        self._due.add(person_id)

    def leave(self, person_id: int, room_id: int) -> None:
        rooms = self._viewing[person_id]
        rooms[room_id] -= 1
        if not rooms[room_id]:
            del rooms[room_id]
            self._sent.pop((person_id, room_id), None)
            self._positions.pop((person_id, room_id), None)
        if not rooms:
            del self._viewing[person_id]
            self._due.discard(person_id)
            self._counting.discard(person_id)
            for room in self._rooms_of.pop(person_id, ()):
                self._members[room].discard(person_id)

    def rooms_of_interest(self) -> set[int]:
        """Return the rooms that have connected members."""
        return {room_id for room_id, people in self._members.items() if people}

    def observe_heads(self, heads: Iterable[Head]) -> None:
        """Take the heads of these rooms from the head check, and mark the people to count again."""
        for head in heads:
            if self._seqs.get(head.room_id) != head.seq:
                self._seqs[head.room_id] = head.seq
                people = self._members.get(head.room_id, ())
                self._due.update(person for person in people if self._looks_elsewhere(person, head.room_id))

    def person_read(self, person_id: int, room_id: int, position: ReadPosition | None = None) -> None:
        """Note that the person read on or joined the room, perhaps in another tab or at another worker."""
        if position is not None and room_id in self._viewing.get(person_id, ()):
            self._positions[person_id, room_id] = position
        known = room_id in self._rooms_of.get(person_id, ())
        if person_id in self._viewing and (not known or self._looks_elsewhere(person_id, room_id)):
            self._due.add(person_id)

    def _looks_elsewhere(self, person_id: int, room_id: int) -> bool:
        return self._viewing.get(person_id, {}).keys() != {room_id}

    def due(self) -> set[int]:
        """Return the people to count now. The caller reads `counts_of` and passes the result to `merge`.

        Changes during that read may not be in its result, so they make a person due again.
        """
        self._counting |= self._due
        self._due.clear()
        return set(self._counting)

    def merge(self, rows: dict[int, dict[int, tuple[str, Unread]]]) -> None:
        """Send each person the changed counts of the rooms they are not viewing."""
        self._counting -= rows.keys()
        for person_id, rooms in rows.items():
            if person_id not in self._viewing:
                continue
            for room_id in self._rooms_of.get(person_id, set()) - rooms.keys():
                self._members[room_id].discard(person_id)
            for room_id in rooms:
                self._members[room_id].add(person_id)
            self._rooms_of[person_id] = set(rooms)
            self._send_changes(person_id, rooms)
            for in_view in self._viewing[person_id]:
                self._send_membership(person_id, in_view, in_view in rooms)

    def send_positions(self) -> None:
        """Pass on the read positions that moved.

        A connection without its first counts has to wait, because its client takes the first frame for complete counts.
        """
        for person_id, room_id in self._positions.keys() & self._sent.keys():
            self._send_position(person_id, room_id, self._positions.pop((person_id, room_id)))

    def _send_changes(self, person_id: int, rooms: dict[int, tuple[str, Unread]]) -> None:
        nothing = Unread(0, 0)
        for in_view in self._viewing[person_id]:
            sent = self._sent.get((person_id, in_view))
            others = dict(slug_and_unread for room_id, slug_and_unread in rooms.items() if room_id != in_view)
            self._sent[person_id, in_view] = others
            known = sent or {}
            changed = {slug: unread for slug, unread in others.items() if unread != known.get(slug, nothing)}
            # A new connection is also told that there is nothing unread: its page may show older counts.
            if changed or sent is None:
                self._send(person_id, in_view, Rooms(unread=changed).encode())


def counts_of(people: Iterable[int]) -> dict[int, dict[int, tuple[str, Unread]]]:
    """Return the slug and the unread counts of each person's rooms, by person and room. Takes one query."""
    mentions = (
        Mention.objects.filter(person=OuterRef("person"), room=OuterRef("room"), seq__gt=OuterRef("read_seq"))
        .order_by()
        .values("person")
        .annotate(number=Count("pk"))
        .values("number")
    )
    rows = (
        Membership.objects.current()
        .filter(person__in=people)
        .annotate(unread=F("room__head__seq") - F("read_seq"), mentions_count=Coalesce(Subquery(mentions), 0))
        .values_list("person_id", "room_id", "room__slug", "unread", "mentions_count")
    )
    found: dict[int, dict[int, tuple[str, Unread]]] = {person_id: {} for person_id in people}
    for person_id, room_id, slug, unread, mentioned in rows:
        found[person_id][room_id] = (slug, Unread(max(unread, 0), mentioned))
    return found

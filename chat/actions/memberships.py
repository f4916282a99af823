"""The memberships that a batch reads, adds and moves. A membership holds the person's read position in the room."""

from collections.abc import Iterable

from django.utils import timezone

from chat.actions.statements import MEMBERSHIPS, UPDATE_READ_POSITIONS
from chat.models import Membership, Person, Room


class Memberships(dict[tuple[int, int], Membership]):
    """Memberships by (person id, room id). Changes are in memory until `save`."""

    def __init__(self) -> None:
        super().__init__()
        self._moved: dict[tuple[int, int], Membership] = {}
        self._moved_back: set[tuple[int, int]] = set()
        self._rejoined: set[tuple[int, int]] = set()

    def load(self, people: Iterable[int], rooms: Iterable[int]) -> None:
        for membership in MEMBERSHIPS.rows(people=people, rooms=rooms):
            self[membership.person_id, membership.room_id] = membership

    def read_up_to(self, person: Person, room: Room, seq: int) -> int:
        """Move the person's read position forward and return it. A person without a membership joins the room.

        For someone who left, nothing moves: an open terminal would otherwise make them a member again.
        """
        key = (person.pk, room.pk)
        membership = self.get(key)
        if membership is None:
            told = {"read_seq": seq, "mailed_seq": seq, "pushed_seq": seq}
            membership = self[key] = self._moved[key] = Membership(person=person, room=room, **told)
        elif membership.left_at is None and seq > membership.read_seq:
            membership.read_seq = seq
            self._moved[key] = membership
        return membership.read_seq

    def take_part(self, person: Person, room: Room, seq: int) -> None:
        """Move the person's read position to their own message. Someone who left joins again."""
        key = (person.pk, room.pk)
        membership = self.get(key)
        if membership is not None and membership.left_at is not None:
            membership.left_at, membership.joined_at = None, timezone.now()
            self._rejoined.add(key)
        self.read_up_to(person, room, seq)

    def unread_from(self, person: Person, room: Room, seq: int) -> int:
        """Move the person's read position back to just before `seq`, and return it."""
        key = (person.pk, room.pk)
        if seq - 1 >= self.read_up_to(person, room, 0) or self[key].left_at is not None:
            return self[key].read_seq
        self[key].read_seq = seq - 1
        self._moved[key] = self[key]
        self._moved_back.add(key)
        return seq - 1

    def save(self) -> None:
        """Write read positions in the order of their keys, so that two batches cannot deadlock.

        A position that another process has moved further since stays there, unless this batch moves it back.
        """
        if not self._moved:
            return
        joined = {key: it for key, it in sorted(self._moved.items()) if it.pk is None}
        moved = {key: it for key, it in self._moved.items() if it.pk is not None}
        if joined:
            moved |= self._join(joined)
        if moved:
            UPDATE_READ_POSITIONS(
                [(it.read_seq, it.pk, it.read_seq, key in self._moved_back) for key, it in sorted(moved.items())]
            )
        if self._rejoined:
            rejoined = Membership.objects.filter(pk__in=[self[key].pk for key in self._rejoined])
            rejoined.update(left_at=None, joined_at=timezone.now())

    @property
    def read(self) -> list[tuple[int, int, int, bool]]:
        """Return the read positions that moved, and those of new members, as `broadcast.publish_moved` takes them."""
        return [(*key, it.read_seq, key in self._moved_back) for key, it in sorted(self._moved.items())]

    def _join(self, joined: dict[tuple[int, int], Membership]) -> dict[tuple[int, int], Membership]:
        """Add the new memberships. Return those that another process added first and whose position must move.

        The rooms are locked, so that no one joins one that has just become private.
        """
        rooms = Room.objects.public().filter(pk__in={room_id for _, room_id in joined}).order_by("pk")
        public = {room.pk for room in rooms.select_for_update(no_key=True)}
        joined = {key: it for key, it in joined.items() if key[1] in public}
        Membership.objects.bulk_create(joined.values(), ignore_conflicts=True)
        behind = {}
        for row in Membership.objects.filter(
            person__in={person_id for person_id, _ in joined}, room__in={room_id for _, room_id in joined}
        ):
            key = (row.person_id, row.room_id)
            if key in joined and (row.read_seq < joined[key].read_seq or key in self._moved_back):
                row.read_seq = joined[key].read_seq
                behind[key] = row
        return behind

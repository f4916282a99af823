"""The bookmarks that a batch reads, adds and removes."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Count

from chat import broadcast
from chat.bookmarks import MAX_PER_ROOM
from chat.errors import ActionError
from chat.models import Bookmark, Person, Room
from chat.protocol import MAX_NOTE_LENGTH, Code
from chat.text import cleaning

TOO_MANY = f"You’ve saved {MAX_PER_ROOM:,} messages of this room. Remove some of them first."

# Person id, room id and seq.
BookmarkKey = tuple[int, int, int]


class Bookmarks:
    """Bookmarks by person, room and seq. Changes are in memory until `save`. Two queries, whatever the number."""

    def __init__(self) -> None:
        self._rows: dict[BookmarkKey, Bookmark] = {}
        self._numbers: Counter[tuple[int, int]] = Counter()
        self._removed: list[int] = []
        self._changed: dict[BookmarkKey, Room] = {}

    def load(self, people: Collection[int], rooms: Collection[int], seqs: Collection[int]) -> None:
        """Read the bookmarks of these messages, and how many each person has in each room."""
        found = Bookmark.objects.filter(person__in=people, room__in=rooms)
        self._rows = {(it.person_id, it.room_id, it.seq): it for it in found.filter(seq__in=seqs)}
        numbers = found.order_by().values("person_id", "room_id").annotate(number=Count("pk"))
        for person_id, room_id, number in numbers.values_list("person_id", "room_id", "number"):
            self._numbers[person_id, room_id] = number

    def has(self, person: Person, room: Room, seq: int) -> bool:
        return (person.pk, room.pk, seq) in self._rows

    def add(self, person: Person, room: Room, seq: int, note: str | None) -> None:
        """Save a message, or change the note of a saved one. None leaves the note as it is."""
        key = (person.pk, room.pk, seq)
        row = self._rows.get(key)
        if row is None:
            if self._numbers[key[:2]] >= MAX_PER_ROOM:
                raise ActionError(Code.CONFLICT, TOO_MANY)
            self._numbers[key[:2]] += 1
            row = self._rows[key] = Bookmark(person=person, room=room, seq=seq)
        elif note is None:
            return
        if note is not None:
            row.note = cleaning.clean_line(note, MAX_NOTE_LENGTH)
        self._changed[key] = room

    def remove(self, person: Person, room: Room, seq: int) -> None:
        key = (person.pk, room.pk, seq)
        row = self._rows.pop(key, None)
        if row is not None:
            self._numbers[key[:2]] -= 1
            self._changed[key] = room
            if row.pk is not None:
                self._removed.append(row.pk)

    def save(self) -> None:
        """Write the changes, and tell the connections of their people."""
        if self._removed:
            Bookmark.objects.filter(pk__in=self._removed).delete()
        kept = [self._rows[key] for key in self._changed if key in self._rows]
        if new := [row for row in kept if row.pk is None]:
            # The person may have saved the same message at another process.
            Bookmark.objects.bulk_create(new, ignore_conflicts=True)
        if noted := [row for row in kept if row.pk is not None]:
            Bookmark.objects.bulk_update(noted, ["note"])
        for key, room in self._changed.items():
            person_id, room_id, seq = key
            broadcast.publish(broadcast.saved(room_id, room.slug, person_id, seq, key in self._rows))

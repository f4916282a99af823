"""The `rooms` frames about unread counts and changed rooms."""

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from chat import direct_rooms
from chat.delivery.presence.unread_state import PLAIN, CountedPerson, CountedRoom, count_unread
from chat.protocol import ListedRoom, Rooms, Unread


def counts_frame(
    counts: Iterable[tuple[CountedRoom, Unread]],
    person: CountedPerson | None = None,
    lists: Mapping[CountedRoom, str] | None = None,
) -> str:
    unread = {room.row.slug: unread for room, unread in counts}
    if person is None or not lists:
        return Rooms(unread=unread).encode()
    joined = [_listed(person, room) for room, what in lists.items() if what == "joined"]
    changed = [_listed(person, room) for room, what in lists.items() if what == "changed"]
    left = [room.row.slug for room, what in lists.items() if what == "left"]
    return Rooms(unread=unread, joined=joined, changed=changed, left=left).encode()


def _listed(person: CountedPerson, room: CountedRoom) -> ListedRoom:
    count = count_unread(person, room, room.seq, room.everyone)
    row = room.row
    return ListedRoom(
        slug=row.slug,
        name=direct_rooms.name_for(row.people, person.id) if row.people else row.name,
        topic=row.topic,
        visibility=row.visibility,
        archived=row.archived_at is not None,
        seq=room.seq,
        unread=count.unread,
        people=direct_rooms.others(row.people, person.id) or UNSET,
        mentions=count.mentions,
        starred=person.traits.get(room.id, PLAIN).is_starred,
        level=person.level_in(room),
    )

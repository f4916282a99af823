"""The mention rows of messages. They follow the text: a change of it adds and removes rows."""

from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q

from chat import broadcast
from chat.actions.statements import INSERT_MENTIONS
from chat.db.compiled_queries import CompiledQuery, ParamList
from chat.models import Block, Membership, Mention, Message, Person, Room
from chat.models.rooms import RoomAccess
from chat.text.mentions import Mentioned

# A mention that an edit adds later than this after posting alerts no one.
ALERTS_FOR = timedelta(minutes=15)

Cause = Mention.Cause
# A room's id and the seq of a message.
Place = tuple[int, int]
# Why a message is for a person. None stands for all members of the room.
Causes = dict[int | None, Cause]
MembershipsByKey = Mapping[tuple[int, int], Membership]

# The authors of messages, if they are active. Rows of other rooms with the same seqs may be among them.
_AUTHORS = CompiledQuery(
    lambda: Message.objects.filter(
        room_id__in=ParamList("rooms", Room._meta.pk),
        seq__in=ParamList("seqs", Message._meta.get_field("seq")),
        author__is_active=True,
    ).values_list("room_id", "seq", "author_id")
)


def authors_of(places: Collection[Place]) -> dict[Place, int]:
    """Return the ids of the active authors of these messages. One query, or none without messages."""
    if not places:
        return {}
    rows = _AUTHORS.rows(rooms={room_id for room_id, _ in places}, seqs={seq for _, seq in places})
    return {(room_id, seq): author_id for room_id, seq, author_id in rows if (room_id, seq) in places}


def with_access(people: Iterable[int], room: Room, memberships: MembershipsByKey) -> dict[int, RoomAccess]:
    """Return the access to the room of those who have it. `memberships` has those of these people in this room."""
    found = {person_id: RoomAccess.of(room, memberships.get((person_id, room.pk))) for person_id in people}
    return {person_id: access for person_id, access in found.items() if access is not None}


def causes_of(
    room: Room,
    author_id: int | None,
    mentioned: Mentioned,
    original: int | None,
    memberships: MembershipsByKey,
    blocks: Set[tuple[int, int]] = frozenset(),
) -> Causes:
    """Return for whom a message is, and why: only people who may read the room, and never its author.

    In a direct conversation every message is for everyone, without rows. `blocks` are the (person, blocked) that are
    known. A block keeps a row of the blocked person's message from the person.

    `original` is the author of the message that it replies to. A mention by name takes precedence over the reply. If
    the message is for the room, its members have no rows of their own, so that it counts once for each of them.
    """
    if room.is_direct:
        return {}
    people = {original: Cause.REPLY} if original is not None else {}
    people |= dict.fromkeys(mentioned.people, Cause.NAME)
    access = with_access(people, room, memberships)
    causes: Causes = {
        person_id: cause
        for person_id, cause in sorted(people.items())
        if person_id != author_id and person_id in access and not (mentioned.room and access[person_id].is_member)
        if (person_id, author_id) not in blocks
    }
    return {**causes, None: Cause.ROOM} if mentioned.room else causes


@dataclass(slots=True)
class MentionChanges:
    """The mentions that a transaction adds or removes. Person 0 means all members of the room.

    `new` has (person, room, seq) for the mentions to alert people to. `counted` has the (person, room) pairs whose
    unread mentions have changed in any way, those of `new` included.

    To count the unread mentions of a member, add up two index ranges: rows of the person, and rows of the room without
    a person, both with a seq above the read position and the floor. A message is in both only for someone who was
    named beside `@room` before joining.
    """

    new: list[tuple[int, int, int]] = field(default_factory=list)
    counted: set[tuple[int, int]] = field(default_factory=set)

    @property
    def moved(self) -> list[tuple[int, int, int]]:
        """Return (person, room, seq) of all changes for an event. Seq 0 only counts again and alerts no one."""
        alerted = {(person_id, room_id) for person_id, room_id, _ in self.new}
        return [*self.new, *((*pair, 0) for pair in sorted(self.counted - alerted))]


class MentionRows:
    """The mentions of the messages that a batch adds, edits and deletes. Changes are in memory until `save`."""

    def __init__(self) -> None:
        self._stored: dict[Place, dict[int | None, Mention]] = {}
        self._wanted: dict[Place, Causes] = {}
        self._silent: set[Place] = set()

    def load(self, messages: Iterable[Message]) -> None:
        """Read the rows of the messages that may be edited or deleted. One query, or none without messages."""
        self._stored = {(message.room_id, message.seq): {} for message in messages}
        if self._stored:
            for row in Mention.objects.filter(_at(self._stored)):
                self._stored[row.room_id, row.seq][row.person_id] = row

    def __contains__(self, place: Place) -> bool:
        """Return whether the rows of this message were read or set."""
        return place in self._wanted or place in self._stored

    def of(self, message: Message) -> Causes:
        """Return for whom the message is now."""
        place = (message.room_id, message.seq)
        if place in self._wanted:
            return self._wanted[place]
        return {person_id: Cause(row.kind) for person_id, row in self._stored.get(place, {}).items()}

    def set(self, message: Message, causes: Causes, *, silent: bool = False) -> None:
        """Set for whom the message is. People are not alerted to what a `silent` change adds."""
        place = (message.room_id, message.seq)
        self._wanted[place] = causes
        if silent:
            self._silent.add(place)

    def save(self) -> MentionChanges:
        """Write the differences. At most one statement to add rows, one to remove some, and one for each kind."""
        changes = MentionChanges()
        added: list[Mention] = []
        removed: list[Mention] = []
        other_kind: dict[Cause, list[int]] = {}
        for place, causes in self._wanted.items():
            stored = self._stored.get(place, {})
            removed += [row for person_id, row in stored.items() if person_id not in causes]
            for person_id, cause in causes.items():
                if person_id not in stored:
                    added.append(Mention(person_id=person_id, room_id=place[0], seq=place[1], kind=cause))
                elif stored[person_id].kind != cause:
                    other_kind.setdefault(cause, []).append(stored[person_id].pk)
        if removed:
            Mention.objects.filter(pk__in=[row.pk for row in removed]).delete()
        if added:
            # A worker of the previous release may have added a row of an edited message since.
            if self._stored:
                Mention.objects.bulk_create(added, ignore_conflicts=True)
            else:
                INSERT_MENTIONS(added)
        for cause, keys in other_kind.items():
            Mention.objects.filter(pk__in=keys).update(kind=cause)
        for row in added:
            if (row.room_id, row.seq) not in self._silent:
                changes.new.append((row.person_id or 0, row.room_id, row.seq))
        changes.counted = {(row.person_id or 0, row.room_id) for row in (*added, *removed)}
        return changes


def publish(changes: MentionChanges) -> None:
    """Have the people counted again whose mentions were removed or restored."""
    broadcast.publish_moved(mentioned=changes.moved)


def remove(messages: Iterable[Message]) -> MentionChanges:
    """Delete the mentions of these messages. Two statements at most."""
    places = {(message.room_id, message.seq) for message in messages}
    rows = list(Mention.objects.filter(_at(places)).values_list("pk", "person_id", "room_id")) if places else []
    if rows:
        Mention.objects.filter(pk__in=[pk for pk, _, _ in rows]).delete()
    return MentionChanges(counted={(person_id or 0, room_id) for _, person_id, room_id in rows})


def restore(room: Room, messages: Collection[Message]) -> MentionChanges:
    """Add the mentions of restored messages again, as their HTML has them. No one is alerted. Five statements at most.

    The HTML says who was mentioned when the message was posted or edited, whatever their names are now, and whether
    its author was allowed to write `@room`. People who have lost access since get no row.
    """
    mentioned = {message.seq: Mentioned.in_html(message.html) for message in messages}
    originals = authors_of({(room.pk, message.reply_to) for message in messages if message.reply_to is not None})
    people = {person_id for it in mentioned.values() for person_id in it.people} | set(originals.values())
    if not people and not any(it.room for it in mentioned.values()):
        return MentionChanges()
    active = set(Person.objects.active().filter(pk__in=people).values_list("pk", flat=True))
    found = Membership.objects.filter(room=room, person__in=active)
    memberships = {(membership.person_id, room.pk): membership for membership in found}
    blocks = Block.among(active, {message.author_id for message in messages if message.author_id is not None})
    rows: list[Mention] = []
    for message in messages:
        marked = mentioned[message.seq]
        known = Mentioned(marked.people & active, marked.room)
        original = originals.get((room.pk, message.reply_to or 0))
        for person_id, cause in causes_of(room, message.author_id, known, original, memberships, blocks).items():
            rows.append(Mention(person_id=person_id, room=room, seq=message.seq, kind=cause))
    Mention.objects.bulk_create(rows, ignore_conflicts=True)
    return MentionChanges(counted={(row.person_id or 0, room.pk) for row in rows})


def _at(places: Iterable[Place]) -> Q:
    by_room: dict[int, list[int]] = {}
    for room_id, seq in places:
        by_room.setdefault(room_id, []).append(seq)
    found = Q()
    for room_id, seqs in by_room.items():
        found |= Q(room=room_id, seq__in=seqs)
    return found

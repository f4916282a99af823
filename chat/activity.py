"""Messages across a person's rooms that mention them or reply to them, and their unread counts.

It is a view over mentions and read positions. Nothing else says what is unread.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from chat.bookmarks import messages_of
from chat.models import Level, Membership, Mention, Message, Person, Room
from chat.protocol import Unread
from chat.search.excerpts import Part, excerpt

PAGE = 50
# On the page, for people.
WHY = {
    Mention.Cause.NAME: "mentioned you",
    Mention.Cause.ROOM: "mentioned everyone",
    Mention.Cause.REPLY: "replied to you",
}


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """A message for the person, with its author and room. `id` is that of the mention."""

    id: int
    kind: Mention.Cause
    message: Message
    is_unread: bool

    @property
    def why(self) -> str:
        return WHY[self.kind]

    @property
    def excerpt(self) -> list[Part]:
        return excerpt(self.message, ())


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Entries, the newest first. With `more`, there are older ones before the id of the last."""

    entries: list[ActivityEntry]
    more: bool


@dataclass(frozen=True, slots=True)
class ActivityGroup:
    """The entries of one room that are all unread or all read."""

    room: Room
    is_unread: bool
    entries: list[ActivityEntry]


def page(person: Person, *, before: int | None = None, limit: int = PAGE) -> ActivityPage:
    """Return at most `limit` entries before an id. Takes three queries, whatever the number of rooms.

    A mention of everyone counts in the rooms of the person, unless they wrote it or the same message names them.
    """
    mine, everyone = _own(person), _for_everyone(person)
    if before is not None:
        mine, everyone = mine.filter(pk__lt=before), everyone.filter(pk__lt=before)
    rows = sorted([*mine[: limit + 1], *everyone[: limit + 1]], key=lambda row: -row.pk)
    messages = messages_of(rows[:limit])
    entries = [
        ActivityEntry(row.pk, Mention.Cause(row.kind), messages[place], _is_unread(row))
        for row in rows[:limit]
        if (place := (row.room_id, row.seq)) in messages
    ]
    return ActivityPage(entries, more=len(rows) > limit)


def grouped(entries: Iterable[ActivityEntry]) -> list[ActivityGroup]:
    """Group entries by room. Groups and their entries have the order of the entries."""
    groups: dict[tuple[bool, int], ActivityGroup] = {}
    for entry in entries:
        room = entry.message.room
        group = groups.setdefault((entry.is_unread, room.pk), ActivityGroup(room, entry.is_unread, []))
        group.entries.append(entry)
    return list(groups.values())


def unread_counts(person: Person) -> dict[str, Unread]:
    """Return the unread messages and mentions of the person's rooms that have any, by slug. Takes one query.

    In a direct conversation each unread message counts as a mention, unless its notifications are off. A closed one
    counts nothing, since the person would not find what is unread.
    """
    return {slug: counts for slug, _, counts in _unread_rooms(person)}


def counted(person: Person) -> int:
    """Return the unread messages that count at the level of each room, as in the title of the page."""
    return sum(
        unread.unread if level == Level.ALL else unread.mentions
        for _, level, unread in _unread_rooms(person)
        if level != Level.NOTHING
    )


def _unread_rooms(person: Person) -> Iterator[tuple[str, str, Unread]]:
    """Yield the slug, the level and the counts of the person's rooms that have unread messages."""
    unread = F("room__head__seq") - Greatest("read_seq", Coalesce("floor_seq", 0))
    is_listed = Q(closed_seq=None) | Q(closed_seq__lt=F("room__head__seq"))
    rows = Membership.objects.current().filter(is_listed, person=person).annotate(unread=unread).filter(unread__gt=0)
    mentions = Mention.objects.filter(room=OuterRef("room"), seq__gt=Greatest(OuterRef("read_seq"), _FLOOR))
    counts = [_number(mentions.filter(person=person)), _number(mentions.filter(person=None))]
    found = rows.annotate(own=counts[0], everyone=counts[1]).order_by("room__slug")
    fields = ("room__slug", "room__direct_key", "notify", "unread", "own", "everyone")
    for slug, key, chosen, number, own, everyone in found.values_list(*fields):
        level = chosen or person.notify
        yield slug, level, Unread(number, own + everyone if key is None else number * (level != Level.NOTHING))


_FLOOR = Coalesce(OuterRef("floor_seq"), 0)


def _number(mentions: "QuerySet[Mention]") -> Coalesce:
    rows = mentions.order_by().values("room").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(rows), 0)


def _own(person: Person) -> "QuerySet[Mention]":
    return _entries(person, Mention.objects.filter(person=person))


def _for_everyone(person: Person) -> "QuerySet[Mention]":
    rooms = Membership.objects.current().filter(person=person).values("room")
    named = Mention.objects.filter(person=person, room=OuterRef("room"), seq=OuterRef("seq"))
    return _entries(person, Mention.objects.filter(person=None, room__in=rooms).exclude(Exists(named)))


def _entries(person: Person, rows: "QuerySet[Mention]") -> "QuerySet[Mention]":
    """Return the mentions in messages of others that exist for the person, newest first, with `read_seq`.

    It is null outside of the person's rooms. There nothing is unread, because no reading would end it.
    """
    there = Message.objects.readable_by(person.pk).filter(room=OuterRef("room"), seq=OuterRef("seq"))
    others = there.filter(deleted_at=None).exclude(author=person)
    own = Membership.objects.current().filter(room=OuterRef("room"), person=person).values("read_seq")
    return rows.filter(Exists(others)).annotate(read_seq=Subquery(own[:1])).select_related("room").order_by("-pk")


def _is_unread(row: Mention) -> bool:
    """Return whether the message is after the read position that `_entries` has added."""
    read_seq: int | None = row.read_seq  # type: ignore[attr-defined]
    return read_seq is not None and row.seq > read_seq

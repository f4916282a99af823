"""The messages that a person has saved."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from chat import direct_rooms
from chat.db.compiled_queries import CompiledQuery, Param
from chat.models import Bookmark, Mention, Message, Person, Room
from chat.search.excerpts import Part, excerpt

# The page of a room gets the numbers of all messages that the person has saved there.
MAX_PER_ROOM = 1000
PAGE = 50

_SAVED = CompiledQuery(
    lambda: (
        Bookmark.objects.filter(
            person=Param("person", Person._meta.pk),
            room=Param("room", Room._meta.pk),
            seq__gt=Param("floor", Bookmark._meta.get_field("seq")),
        )
        .order_by("seq")
        .values_list("seq")[:MAX_PER_ROOM]
    )
)


@dataclass(frozen=True, slots=True)
class SavedMessage:
    """A bookmark with its room, and the message with its author. A deleted message is still listed."""

    bookmark: Bookmark
    message: Message

    @property
    def excerpt(self) -> list[Part]:
        return excerpt(self.message, ())


@dataclass(frozen=True, slots=True)
class BookmarkPage:
    """Saved messages, the last saved first. With `more`, there are others before the id of the last."""

    entries: list[SavedMessage]
    more: bool


def page(person: Person, *, before: int | None = None, limit: int = PAGE) -> BookmarkPage:
    """Return the saved messages that exist for the person, at most `limit` before an id. Three queries at most."""
    readable = Message.objects.readable_by(person.pk).filter(room=OuterRef("room"), seq=OuterRef("seq"))
    rows = Bookmark.objects.filter(Exists(readable), person=person).select_related("room").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: limit + 1])
    direct_rooms.name_rooms(person.pk, [it.room for it in found])
    messages = messages_of(found[:limit])
    entries = [
        SavedMessage(it, messages[it.room_id, it.seq]) for it in found[:limit] if (it.room_id, it.seq) in messages
    ]
    return BookmarkPage(entries, more=len(found) > limit)


def messages_of(rows: Collection[Bookmark | Mention]) -> dict[tuple[int, int], Message]:
    """Return the messages of these rows by room id and seq, with authors and rooms. The caller has checked access."""
    rooms = {row.room_id: row.room for row in rows}
    found = Message.objects.with_author().at((row.room_id, row.seq) for row in rows)
    messages = {(message.room_id, message.seq): message for message in found}
    for message in messages.values():
        message.room = rooms[message.room_id]
    return messages


def saved_seqs(person: Person, room: Room) -> list[int]:
    """Return the numbers of the messages in a room from `Room.seen_by` that the person has saved."""
    return [seq for (seq,) in _SAVED.rows(person=person.pk, room=room.pk, floor=room.floor_seq)]

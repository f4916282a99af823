"""Changes of a room that its log tells about. The site adds a note for each.

A note is a message without an author. No one can edit it, moderators can delete it, and it alerts no one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.html import escape

from chat.actions.batch import Batch
from chat.models import Message, Person, Room
from chat.text.words import index_text


class RoomChange:
    """The room as it is, locked until the transaction ends, and the notes to add to its log."""

    def __init__(self, room: Room, by: Person | None):
        self.room = room
        self.messages: list[Message] = []
        self._by = by.name if by else "Someone"

    def note(self, what: str) -> None:
        """Add "ada renamed this room" for `what` "renamed this room". The text is not Markdown, and mentions no one."""
        body = f"{self._by} {what}"
        # The direction of the paragraph is that of the sentence, not of the name.
        html = f'<p dir="auto"><bdi>{escape(self._by)}</bdi> {escape(what)}</p>'
        self.messages.append(Message(room=self.room, body=body, html=html, search_text=index_text(body)))


@contextmanager
def changing(room: Room, by: Person | None) -> Iterator[RoomChange]:
    """Lock a room for a change in a transaction, and add its notes to the log at the end.

    Raise Room.DoesNotExist if the room was deleted. The log is locked first, then the room, then memberships. Posts and
    the deletion of a room lock in the same order.
    """
    with transaction.atomic():
        batch = Batch.of_room(room.pk)
        change = RoomChange(Room.objects.select_for_update(no_key=True).get(pk=room.pk), by)
        yield change
        for message in change.messages:
            batch.add(batch.rooms[room.pk], message)
        batch.save()

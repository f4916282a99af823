"""The rooms somebody may see."""

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import protocol, wire
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.models import Person, Room


class RoomList(msgspec.Struct, frozen=True):
    rooms: list[protocol.Room]


@signed_in
@operation(answers={200: RoomList})
def index(request: HttpRequest, person: Person) -> HttpResponse:
    """All of them, the one that was written to last first."""
    rooms = Room.objects.visible_to(person).with_head().latest_first().with_unread_for(person.pk)
    return answers.success(RoomList([wire.room(room, unread=_unread(room)) for room in rooms]))


def _unread(room: Room) -> int:
    """What `with_unread_for` has counted."""
    unread: int = room.unread  # type: ignore[attr-defined]
    return unread

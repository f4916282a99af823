"""Deletion of a room in which no one has written."""

from django.db import IntegrityError, transaction

from chat import broadcast
from chat.actions import audit, joining
from chat.actions.audit import Action
from chat.auth import permissions
from chat.errors import NO_SUCH_ROOM, ActionError
from chat.models import Message, Person, Room, RoomHead
from chat.protocol import Code


def delete_room(actor: Person, room: Room, *, reason: str = "") -> None:
    """Delete an empty room and its memberships. For its owners and staff.

    All connections to the room are closed. Notes of the site are deleted too. A room with deleted messages is not
    empty, since their rows are kept.
    """
    try:
        with transaction.atomic():
            _delete(actor, room, reason)
    except IntegrityError as error:  # another request has added a row that refers to the room
        raise ActionError(Code.CONFLICT, "Someone has just joined. Try again.") from error


def _delete(actor: Person, room: Room, reason: str) -> None:
    if not permissions.actor_in(actor, room).owns:
        raise ActionError(Code.FORBIDDEN, "Only owners of this room can delete it.")
    # A message is posted under this lock, so none can be added between the check and the deletion.
    if not RoomHead.objects.select_for_update().filter(pk=room.pk).exists():
        raise ActionError(Code.NOT_FOUND, NO_SUCH_ROOM)
    joining.locked_room(room)  # before memberships are deleted, as everyone who adds one locks it
    if not is_empty(room):
        detail = f"{room.name} has messages. Only empty rooms can be deleted. You can archive it instead."
        raise ActionError(Code.CONFLICT, detail)
    audit.record(actor, Action.DELETE_ROOM, room=room, reason=reason, detail=room.name)
    Message.objects.filter(room=room).delete()
    Room.objects.filter(pk=room.pk).delete()
    broadcast.publish_moved(rooms=[room.pk])
    broadcast.publish(broadcast.access_moved())


def is_empty(room: Room) -> bool:
    """Return whether no one has written a message in the room, deleted ones included. Notes of the site don't count."""
    return not Message.objects.filter(room=room).exclude(author=None).exists()

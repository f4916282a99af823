"""Saving the settings that a room's owner edits in one form."""

from django.db import transaction

from chat.actions import retention, rooms
from chat.models import Person, Room


@transaction.atomic
def change_settings(actor: Person, room: Room, *, archived: bool, keep_days: int | None, reason: str = "") -> None:
    """Archive the room or open it again, and set for how long it keeps messages. Skip what does not change."""
    if keep_days != room.keep_days:
        retention.set_keep_days(actor, room, keep_days, reason=reason)
    if archived != room.is_archived:
        change = rooms.archive if archived else rooms.unarchive
        change(actor, room, reason=reason)

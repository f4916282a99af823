"""Saving the settings that a room's owner edits in one form."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from chat.actions import administration, retention, rooms
from chat.models import Person, Room


@transaction.atomic
def change_settings(actor: Person, room: Room, changes: Mapping[str, Any], *, reason: str = "") -> None:
    """Change any of `administration.ROOM_FIELDS`, `keep_days` (None means the site's default) and `archived`."""
    about = {name: value for name, value in changes.items() if name in administration.ROOM_FIELDS}
    if about:
        administration.change_room(room, about, by=actor, reason=reason)
    if "keep_days" in changes:
        retention.set_keep_days(actor, room, changes["keep_days"], reason=reason)
    if "archived" in changes:
        change = rooms.archive if changes["archived"] else rooms.unarchive
        change(actor, room, reason=reason)

"""The settings of a room. Each change is in the audit log, and as a note in the room's own log."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from chat import broadcast
from chat.actions import audit, presence, retention, room_log, rooms, sanctions
from chat.actions.audit import Action
from chat.actions.rooms import NAME_TAKEN, check_public_name, clean_name, clean_topic
from chat.auth import permissions
from chat.auth.permissions import Actor, Rank
from chat.errors import ActionError
from chat.models import Message, Person, Room
from chat.models.names import FORM_FIELDS
from chat.protocol import Code

# In the order of the notes about them.
ROOM_FIELDS = (
    *("name", "topic", "visibility", "joining", "history"),
    *("posting", "members_invite", "room_mentions", "is_default"),
)
ONLY_PUBLIC = "New accounts can only join a public room. Make this room public first."
ONLY_PRIVATE = "Everyone can join a public room. Make this room private first."
# What the notes in the room's log say, beside those about its name and its topic.
NOTES: dict[tuple[str, Any], str] = {
    ("visibility", Room.Visibility.PUBLIC): "made this room public.",
    ("visibility", Room.Visibility.PRIVATE): "made this room private.",
    ("joining", Room.Joining.ASK): "allowed people to ask to join.",
    ("joining", Room.Joining.INVITED): "limited joining to people who are invited.",
    ("joining", None): "limited joining to people who are invited.",
    ("history", Room.History.ALL): "let new members see all messages.",
    ("history", Room.History.JOINED): "limited new members to messages since they joined.",
    ("posting", Room.WhoPosts.EVERYONE): "let everyone post.",
    ("posting", Room.WhoPosts.MODERATORS): "limited posting to owners and moderators.",
    ("members_invite", True): "let members invite people.",
    ("members_invite", False): "limited inviting to owners and moderators.",
    ("room_mentions", Room.RoomMentions.EVERYONE): "let everyone notify the whole room.",
    ("room_mentions", Room.RoomMentions.MODERATORS): "limited notifying the whole room to owners and moderators.",
    ("is_default", True): "made this a room that new accounts join.",
    ("is_default", False): "made this a room that new accounts don’t join.",
}
# The generation of workers that a setting needs.
GENERATIONS = {("history", Room.History.JOINED): 1, ("posting", Room.WhoPosts.MODERATORS): 2}


@transaction.atomic
def change_settings(actor: Person, room: Room, changes: Mapping[str, Any], *, reason: str = "") -> None:
    """Change any of `ROOM_FIELDS`, `keep_days` (None means the site's default) and `archived`."""
    about = {name: changes[name] for name in ROOM_FIELDS if name in changes}
    if about:
        change_room(room, about, by=actor, reason=reason)
    if "keep_days" in changes:
        retention.set_keep_days(actor, room, changes["keep_days"], reason=reason)
    if "archived" in changes:
        change = rooms.archive if changes["archived"] else rooms.unarchive
        change(actor, room, reason=reason)


def change_room(room: Room, changes: Mapping[str, Any], *, by: Person | None = None, reason: str = "") -> None:
    """Set any of `ROOM_FIELDS`. The address stays. A direct conversation remains one, and no room becomes one.

    Only the room's owners, staff and superusers may do this, since a private room made public shows all its messages,
    also those that were hidden from newer members. Refuse a second public room whose name looks the same, and a public
    name that only staff may give. Only staff choose the rooms that new accounts join. A room that is no longer public
    is not one of them, and no one asks to join one that is not private.
    """
    if unknown := set(changes) - set(ROOM_FIELDS):
        raise ValueError(f"Fields that cannot be changed here: {', '.join(sorted(unknown))}.")
    if by is not None:
        _check_owner(permissions.actor_in(by, room), changes)
    for setting in GENERATIONS.keys() & changes.items():
        presence.check_generation(GENERATIONS[setting])
    rules: dict[str, Callable[[Any], Any]] = {"name": clean_name, "topic": clean_topic}
    with room_log.changing(room, by) as change:
        before = change.room
        _check_visibility(before, changes)
        asked = {name: rules[name](value) if name in rules else value for name, value in changes.items()}
        for name in ROOM_FIELDS:  # someone else may have changed the room since it was read
            setattr(room, name, asked.get(name, getattr(before, name)))
        if by is not None and {"name", "visibility"} & set(changes):
            check_public_name(by, room.name, room.visibility)
        ended = _ended(room, changes)
        noted = [name for name in changes if name not in ended and getattr(room, name) != getattr(before, name)]
        for name, value in ended.items():
            if getattr(before, name):
                changes = {**changes, name: value}
                setattr(room, name, value)
        if changes:
            _save_room(room, changes)
        if room.visibility != before.visibility:
            sanctions.follow_visibility(room)
        for name in noted:
            change.note(_note(name, getattr(room, name)))
        audit.record(by, Action.CHANGE_ROOM, room=room, reason=reason, detail=", ".join(sorted(changes)))
        broadcast.publish_moved(rooms=[room.pk])
        broadcast.publish(broadcast.access_moved(rooms=[room.pk] if room.visibility != before.visibility else []))


def messages_to_show(room: Room) -> int:
    """Return how many messages a private room shows to everyone when it becomes public."""
    return Message.objects.filter(room=room, deleted_at=None).count()


def _check_owner(actor: Actor, changes: Mapping[str, Any]) -> None:
    if not actor.owns:
        raise ActionError(Code.FORBIDDEN, "Only owners of this room can do that.")
    if "is_default" in changes and actor.rank < Rank.STAFF:
        raise ActionError(Code.FORBIDDEN, "Only the site’s staff can choose the rooms that new accounts join.")


def _check_visibility(room: Room, changes: Mapping[str, Any]) -> None:
    direct = {it == Room.Visibility.DIRECT for it in (room.visibility, changes.get("visibility", room.visibility))}
    if direct == {True, False}:
        detail = "You can’t turn a direct message into a room, or a room into a direct message."
        raise ActionError(Code.CONFLICT, detail)


def _ended(room: Room, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a room with this visibility does not have. Refuse to turn one on."""
    ended: dict[str, Any] = {}
    if room.visibility != Room.Visibility.PUBLIC:
        ended["is_default"] = False
    if room.visibility != Room.Visibility.PRIVATE:
        ended["joining"] = None
    for name in ended:
        if changes.get(name):
            raise ActionError(Code.CONFLICT, ONLY_PUBLIC if name == "is_default" else ONLY_PRIVATE)
    return ended


def _note(name: str, value: Any) -> str:
    if name == "name":
        return f"renamed this room to “{value}”."
    if name == "topic":
        return "changed the topic." if value else "removed the topic."
    return NOTES[name, value]


def _save_room(room: Room, changes: Iterable[str]) -> None:
    fields = set(changes)
    if fields & {"name", "visibility"}:
        room.compare_name()
        fields.update(("search_name", *FORM_FIELDS))
    try:
        with transaction.atomic():
            room.save(update_fields=fields)
    except IntegrityError as error:
        raise ActionError(Code.CONFLICT, NAME_TAKEN, field="name") from error

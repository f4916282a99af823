"""Creating and archiving rooms."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from chat import broadcast
from chat.actions import audit, room_log
from chat.actions.audit import Action
from chat.auth import login_throttle, permissions
from chat.errors import ActionError
from chat.models import Membership, Person, Room, RoomHead
from chat.models.rooms import TOPIC_MAX_LENGTH
from chat.protocol import Code
from chat.rate_limits import limits
from chat.text import cleaning, lookalikes

SLUG_MAX_LENGTH = 60
NAME_TAKEN = "A room with that name, or one that looks like it, already exists. Choose another name."
NAME_RESERVED = "This name is reserved for the site. Choose another one."


def open_room(
    person: Person, address: str, name: str, *, topic: str = "", visibility: str = Room.Visibility.PUBLIC
) -> Room:
    """Create a room as `create_room` does, at the request of someone at this address. Refuse too many."""
    if wait := limits.take_room(person.pk, address, kind=person.kind):
        detail = f"Too many new rooms from you or your network. Try again in {login_throttle.in_words(wait)}."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)
    return create_room(person, name, topic=topic, visibility=visibility)


def create_room(person: Person, name: str, *, topic: str = "", visibility: str = Room.Visibility.PUBLIC) -> Room:
    """Create a room owned by `person`, with an address made from its name.

    Refuse a name whose address is taken, and a guest if only members create rooms. The name of a public room must not
    look like another's. Only staff can give it a name that seems to speak for the site.

    The address of a private room has a random part too. Without it, a taken address would reveal that the room exists.
    """
    if not may_create_rooms(person):
        raise ActionError(Code.FORBIDDEN, "Guests can’t create rooms here. Set a password to create one.")
    name = clean_name(name)
    check_public_name(person, name, visibility)
    slug = slug_of(name)
    if visibility != Room.Visibility.PUBLIC:
        slug = f"{slug}-{secrets.token_hex(4)}"
    try:
        with transaction.atomic():
            room = Room(slug=slug, name=name, topic=clean_topic(topic), visibility=visibility, created_by=person)
            room.members_invite = visibility == Room.Visibility.PRIVATE
            room.compare_name()
            room.save()
            RoomHead.objects.create(room=room)
            Membership.objects.create(room=room, person=person, role=Membership.Role.OWNER)
            broadcast.publish_moved(memberships=[(person.pk, room.pk)])
    except IntegrityError as error:
        is_address = Room.objects.filter(slug=slug).exists()
        detail = f"A room at /rooms/{slug}/ already exists. Choose another name." if is_address else NAME_TAKEN
        raise ActionError(Code.CONFLICT, detail, field="name") from error
    return room


def check_public_name(person: Person, name: str, visibility: str) -> None:
    """Refuse a name for a public room that seems to speak for the site, except from staff."""
    is_public = visibility == Room.Visibility.PUBLIC
    if is_public and lookalikes.speaks_for_the_site(name) and not person.is_staff:
        raise ActionError(Code.CONFLICT, NAME_RESERVED, field="name")


def clean_name(name: str) -> str:
    """Return the name of a room as it is stored. Refuse an invalid name."""
    try:
        return cleaning.clean_name(name)
    except ValueError as error:
        raise ActionError(Code.BAD_FRAME, str(error), field="name") from error


def clean_topic(topic: str) -> str:
    return cleaning.clean_line(topic, TOPIC_MAX_LENGTH)


def may_create_rooms(person: Person) -> bool:
    """Return whether this site lets `person` create rooms."""
    return settings.CHAT_GUESTS_CREATE_ROOMS or not person.is_guest


def archive(actor: Person, room: Room, *, reason: str = "") -> None:
    """Make a room read-only. For its owners and staff. Open pages show it at once."""
    _set_archived(actor, room, timezone.now(), reason)


def unarchive(actor: Person, room: Room, *, reason: str = "") -> None:
    """Let people post in an archived room again."""
    _set_archived(actor, room, None, reason)


def _set_archived(actor: Person, room: Room, at: datetime | None, reason: str) -> None:
    if not permissions.actor_in(actor, room).owns:
        raise ActionError(Code.FORBIDDEN, "Only owners of this room can do that.")
    with room_log.changing(room, actor) as change:
        if change.room.is_archived == (at is not None):
            raise ActionError(Code.CONFLICT, f"{room.name} is {'already' if at else 'not'} archived.")
        room.archived_at = change.room.archived_at = at
        change.room.save(update_fields=["archived_at"])
        change.note("archived this room." if at else "unarchived this room.")
        audit.record(actor, Action.ARCHIVE if at else Action.UNARCHIVE, room=room, reason=reason)
        broadcast.publish_moved(rooms=[room.pk])
        broadcast.publish(broadcast.access_moved())


def slug_of(name: str) -> str:
    """Return the address for a room's name: its letters and digits in any script, or a random one without any."""
    return slugify(name, allow_unicode=True)[:SLUG_MAX_LENGTH].strip("-_") or secrets.token_hex(4)

"""Opening rooms."""

import secrets

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from chat import text
from chat.actions.errors import ActionError
from chat.models import Membership, Person, Room, RoomHead
from chat.protocol import Code

SLUG_MAX_LENGTH = 60


def create_room(person: Person, name: str, *, topic: str = "", visibility: str = Room.Visibility.PUBLIC) -> Room:
    """Open a room whose address is made from its name; the person owns it. Refuses a name whose address is taken."""
    try:
        name = text.clean_name(name)
    except ValueError as error:
        raise ActionError(Code.BAD_FRAME, str(error)) from error
    slug = slug_of(name)
    try:
        with transaction.atomic():
            room = Room.objects.create(
                slug=slug, name=name, topic=text.clean_line(topic)[:200], visibility=visibility, created_by=person
            )
            RoomHead.objects.create(room=room)
            Membership.objects.create(room=room, person=person, role=Membership.Role.OWNER)
    except IntegrityError as error:
        raise ActionError(Code.CONFLICT, f"There is a room at /rooms/{slug}/ already.") from error
    return room


def slug_of(name: str) -> str:
    """The address of a room of this name: its letters and digits in any script, or a random one if it has none."""
    return slugify(name, allow_unicode=True)[:SLUG_MAX_LENGTH].strip("-_") or secrets.token_hex(4)

"""What people set for themselves: how others see them, how they see the site, and what they are told of."""

from django.db import transaction

from chat import broadcast, serializers
from chat.actions import accounts, credentials
from chat.errors import ActionError
from chat.models import Level, Membership, Person, Room, Theme
from chat.models.people import COLORS, NAME_FIELDS
from chat.protocol import Code


def change(person: Person, *, name: str, color: int | None, theme: str, notify: str) -> Person:
    """The person as they are then. Whoever has them before their eyes is told of another name or colour.

    Refuses a name that is or looks like somebody else's.
    """
    with transaction.atomic():
        changed = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        before = serializers.person(changed)
        accounts.take_name(changed, name)
        changed.color, changed.theme, changed.notify = _color(color), Theme(theme), Level(notify)
        accounts.save(changed, [*NAME_FIELDS, "color", "theme", "notify"])
        if serializers.person(changed) != before:
            broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.access_moved())
    return changed


def change_email(person: Person, email: str) -> None:
    """The address by which a forgotten password is set anew."""
    with transaction.atomic():
        credentials.confirm_unchanged(person)
        person.email = email
        person.save(update_fields=["email"])


def set_theme(person: Person, theme: str) -> None:
    """Light, dark, or as the device has it."""
    person.theme = Theme(theme)
    person.save(update_fields=["theme"])


def set_notifications(person: Person, room: Room, level: str | None) -> None:
    """What the person is told of a room that they may see; None for what they chose for all rooms.

    It makes the room theirs, and what was said before does not count as unread.
    """
    notify = None if level is None else Level(level)
    if notify is None:
        Membership.objects.filter(person=person, room=room).update(notify=None)
        return
    with transaction.atomic():
        _, is_new = Membership.objects.update_or_create(
            {"notify": notify}, {"notify": notify, "read_seq": room.head.seq}, person=person, room=room
        )
        if is_new:
            broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.read_moved([(person.pk, room.pk)]))


def _color(color: int | None) -> int | None:
    if color is not None and not 0 <= color < COLORS:
        raise ActionError(Code.BAD_FRAME, "There is no such colour.")
    return color

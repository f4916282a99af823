"""Settings of people's own accounts: name, colour, picture, email, theme and notifications."""

from django.db import transaction

from chat import broadcast, serializers
from chat.actions import accounts, credentials, direct, joining
from chat.actions.files import avatars, removal, uploads
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.tasks.media import make_avatar
from chat.errors import ActionError
from chat.files import kinds
from chat.models import File, Job, Level, Membership, Person, Room, Theme
from chat.models.people import COLORS, NAME_FIELDS
from chat.protocol import Code

NO_PICTURE = "Choose a picture: JPEG, PNG, WebP, GIF or AVIF."


def change(person: Person, *, name: str, color: int | None, theme: str, notify: str) -> Person:
    """Save the profile and return the changed person. Open pages that show the person get a new name or colour.

    Refuse a name that is taken, or that looks like another's.
    """
    with transaction.atomic():
        changed = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        before, level_before = serializers.person(changed), changed.notify
        accounts.take_name(changed, name)
        changed.color, changed.theme, changed.notify = _color(color), Theme(theme), Level(notify)
        accounts.save(changed, [*NAME_FIELDS, "color", "theme", "notify"])
        if changed.notify != level_before:
            rooms = Membership.objects.current().filter(person=person, notify=None).values_list("room_id", flat=True)
            broadcast.publish_moved(memberships=[(person.pk, room_id) for room_id in rooms])
        if serializers.person(changed) != before:
            broadcast.publish(broadcast.access_moved())
            direct.publish_name_of(changed)
    return changed


def choose_avatar(person: Person, key: str | None) -> Person:
    """Have one of the person's uploads made their picture, or remove the picture. Return the person as they are now.

    The new picture follows from a task, and is announced like a new colour. If the upload is refused, it says why.
    """
    if key is None:
        with transaction.atomic():
            _withdraw_choices(person)
            return avatars.remove(person)
    upload = uploads.find(person, key)
    if upload.state == File.FileState.UPLOADING or upload.expires_at is None:
        raise ActionError(Code.CONFLICT, "This file is not uploaded yet, or is in use. Upload the picture again.")
    if upload.kind != File.MediaKind.IMAGE:
        raise ActionError(Code.BAD_FRAME, NO_PICTURE)
    if upload.state == File.FileState.REFUSED:
        raise ActionError(Code.BAD_FRAME, upload.refusal)
    with transaction.atomic():
        _withdraw_choices(person, but=upload)
        enqueue_with_commit(make_avatar, person.pk, upload.pk)
    return person


def _withdraw_choices(person: Person, but: File | None = None) -> None:
    """Remove the tasks of earlier choices, and their uploads. A task that runs changes no picture without its upload.

    Otherwise the last task to end would win, and not the last choice. The lock puts choices in an order.
    """
    Person.objects.select_for_update(no_key=True).only("pk").get(pk=person.pk)
    chosen = Job.objects.filter(
        task=make_avatar.module_path, status__in=(Job.State.READY, Job.State.RUNNING), arguments__args__0=person.pk
    )
    ids = {arguments["args"][1] for arguments in chosen.values_list("arguments", flat=True)}
    chosen.filter(status=Job.State.READY).delete()
    for upload in person.files.filter(pk__in=ids - {but.pk if but else None}):
        removal.remove_unused(upload)


def upload_avatar(person: Person, name: str, content: bytes) -> File:
    """Make a picture that is uploaded in one request the person's picture. Return the upload."""
    if kinds.recognize(content, name).kind != File.MediaKind.IMAGE:
        raise ActionError(Code.BAD_FRAME, NO_PICTURE)
    upload = uploads.begin(person, name, len(content))
    for start in range(0, len(content), uploads.MAX_PIECE_BYTES):
        piece = content[start : start + uploads.MAX_PIECE_BYTES]
        uploads.add_piece(person, upload.key, start, piece)
    choose_avatar(person, upload.key)
    return upload


def change_email(person: Person, email: str) -> None:
    """Change the address that a link to reset the password is sent to."""
    with transaction.atomic():
        credentials.confirm_unchanged(person)
        if email.casefold() != person.email.casefold():
            person.email_verified_at = None
        person.email = email
        person.save(update_fields=["email", "email_verified_at"])


def set_theme(person: Person, theme: str) -> None:
    """Set the theme: light, dark, or the device's."""
    person.theme = Theme(theme)
    person.save(update_fields=["theme"])


def set_notifications(person: Person, room: Room, level: str | None) -> None:
    """Set which messages of a room notify the person. None means their setting for all rooms.

    The caller has checked that they may see the room. A level makes them a member of the room.
    """
    notify = None if level is None else Level(level)
    with transaction.atomic():
        if notify is None:
            Membership.objects.filter(person=person, room=room).update(notify=None)
        else:
            membership = joining.join(person, room)
            membership.notify = notify
            membership.save(update_fields=["notify"])
        broadcast.publish_moved(memberships=[(person.pk, room.pk)])


def _color(color: int | None) -> int | None:
    if color is not None and not 0 <= color < COLORS:
        raise ActionError(Code.BAD_FRAME, "There is no such colour.")
    return color

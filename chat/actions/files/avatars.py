"""The pictures of people's profiles: square, small, and each with a key of its own, so that browsers keep them."""

import shutil
from typing import Any

from django.db import transaction

from chat import broadcast
from chat.actions import direct
from chat.actions.files import processing, removal
from chat.actions.jobs.errors import GiveUp
from chat.actions.jobs.writes import write
from chat.files import pictures, scratch, storage
from chat.models import File, Person
from chat.models.files import new_key

NAME = "avatar.webp"


def make(person_id: int, file_id: int) -> None:
    """Give a person the picture in one of their uploads, which is removed unless something uses it.

    An upload that was refused changes nothing: it says why. If this runs twice, the second time finds no upload.
    """
    uploads = File.objects.filter(pk=file_id, owner=person_id)
    if uploads.filter(state=File.FileState.WAITING).exists():
        processing.process(file_id)
    upload = uploads.filter(state=File.FileState.READY, kind=File.MediaKind.IMAGE).first()
    if upload is None:
        return
    key = new_key()
    if not write(_replace, person_id, upload, key, _stored_square(key, upload)):
        storage.remove_all(key)


@transaction.atomic
def remove(person: Person) -> Person:
    """Remove a person's picture, if they have one. Return the changed person."""
    return _set(Person.objects.select_for_update(no_key=True).get(pk=person.pk), None)


def _stored_square(key: str, upload: File) -> dict[str, Any]:
    """Store the picture for a profile. Return the fields of its `File`."""
    with scratch.folder() as folder:
        source, square = folder / "source", folder / "square"
        with storage.files().open(upload.path) as opened, source.open("wb") as copy:
            shutil.copyfileobj(opened, copy)
        try:
            made = pictures.make_avatar(source, upload.media_type, square)
        except pictures.PictureRefused as refusal:
            raise GiveUp(str(refusal)) from None
        look = {"media_type": made.media_type, "width": made.width, "height": made.height, "color": made.color}
        return look | processing.stored(key, square)


@transaction.atomic
def _replace(person_id: int, upload: File, key: str, fields: dict[str, Any]) -> bool:
    """Set the person's picture, unless the upload has been used for that meanwhile, or the account is closed."""
    person = Person.objects.select_for_update(no_key=True).filter(pk=person_id, is_active=True).first()
    if person is None or not File.objects.filter(pk=upload.pk).exists():
        return False
    ready = {"kind": File.MediaKind.IMAGE, "state": File.FileState.READY, "offset": fields["size"]}
    _set(person, File.objects.create(key=key, owner=person, name=NAME, **ready, **fields))
    removal.remove_unused(upload)
    return True


def _set(person: Person, avatar: File | None) -> Person:
    """Set the picture of a locked person, remove the one before, and have everyone who sees the person told."""
    former = person.avatar_id
    person.avatar = avatar
    person.save(update_fields=["avatar"])
    if former is not None:
        removal.remove(File.objects.filter(key=former))
    if former is not None or avatar is not None:
        broadcast.publish(broadcast.access_moved())
        direct.publish_name_of(person)
    return person

"""Link previews of messages: which links get one, and storing, sharing and removing them."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat.actions.files.changed import touch
from chat.actions.files.removal import remove_previews
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.tasks.media import process_file
from chat.files import kinds, storage
from chat.models import File, FilePiece, Has, Message, Person, Preview, Room, RoomHead
from chat.models.files import new_key
from chat.previews.addresses import previewed_links
from chat.previews.head import PageHead

# A page that a preview shows is read again after this time.
CACHED_FOR = timedelta(days=7)
OFF, PUBLIC, EVERYWHERE = "off", "public", "everywhere"


def are_wanted_in(visibility: str) -> bool:
    """Return whether messages of such rooms get previews, by `CHAT_LINK_PREVIEWS`."""
    mode = settings.CHAT_LINK_PREVIEWS
    return mode == EVERYWHERE or (mode == PUBLIC and visibility == Room.Visibility.PUBLIC)


def awaits(message_id: int, url: str) -> Message | None:
    """Return the message if it still gets a preview of this link, and has none."""
    message = Message.objects.select_related("room").filter(pk=message_id, deleted_at=None).first()
    if message is None or not are_wanted_in(message.room.visibility) or url not in previewed_links(message.html):
        return None
    return None if Preview.objects.filter(message=message, url=url).exists() else message


def known(url: str) -> Preview | None:
    """Return a recent preview of the same link, of any message. It shows what everyone sees there."""
    recent = Preview.objects.filter(url=url, hidden_at=None, created_at__gt=timezone.now() - CACHED_FOR)
    return recent.order_by("-pk").first()


@transaction.atomic
def store(message_id: int, url: str, head: PageHead) -> Preview | None:
    """Give a message the preview of a page, if it still gets one."""
    return _add(message_id, url, title=head.title, description=head.description, site=head.site)


@transaction.atomic
def copy(message_id: int, known: Preview) -> None:
    """Give a message the preview that another message has. Both have the same picture."""
    pictures = (
        File.objects.filter(pk=known.image_id or 0).exclude(state=File.FileState.REFUSED).select_for_update(no_key=True)
    )
    fields = {"title": known.title, "description": known.description, "site": known.site}
    # The age of a copy is that of the page.
    _add(message_id, known.url, **fields, created_at=known.created_at, image=pictures.first())


def _add(message_id: int, url: str, **fields: Any) -> Preview | None:
    """Add a preview and publish the message, if it still gets one."""
    room_id = Message.objects.values_list("room_id", flat=True).filter(pk=message_id).first()
    if room_id is None:
        return None
    RoomHead.objects.select_for_update(no_key=True).get(pk=room_id)
    if awaits(message_id, url) is None:
        return None
    preview = Preview.objects.create(message_id=message_id, url=url, **fields)
    touch(room_id, message_id)
    return preview


def store_picture(preview_id: int, content: bytes) -> None:
    """Store the picture of a preview as a file without owner, and process it like an upload."""
    found = kinds.recognize(content, "preview")
    if found.kind != File.MediaKind.IMAGE:
        return
    key = new_key()
    path = storage.save(storage.object_name(key, "piece-0"), content)
    if not _attach_picture(preview_id, key, path, len(content), found):
        storage.remove(path)


@transaction.atomic
def _attach_picture(preview_id: int, key: str, path: str, size: int, found: kinds.Recognized) -> bool:
    preview = Preview.objects.select_for_update(no_key=True).filter(pk=preview_id, image=None, hidden_at=None).first()
    if preview is None:
        return False
    state = File.FileState.WAITING
    fields = {"media_type": found.media_type, "kind": found.kind, "width": found.width, "height": found.height}
    preview.image = File.objects.create(key=key, name="preview", size=size, offset=size, state=state, **fields)
    FilePiece.objects.create(file=preview.image, start=0, size=size, path=path)
    preview.save(update_fields=["image"])
    enqueue_with_commit(process_file, preview.image.pk)
    return True


def keep_linked(message: Message, html: str) -> int:
    """Remove the previews of links that an edit has removed. Return the bit of `Has` if any are left.

    Those that someone has removed stay so, even if the link comes back.
    """
    remove_previews(Preview.objects.filter(message=message, hidden_at=None).exclude(url__in=previewed_links(html)))
    return Has.PREVIEW.value if Preview.objects.filter(message=message).exists() else 0


def hide(message: Message, url: str, person: Person, later: list[Preview]) -> bool:
    """Remove what a preview shows, so that it stays removed, also if it is not made yet. Return False for a repeat.

    If the batch has just added the message, the row is appended to `later`, which is saved after the message.
    """
    hidden = Preview(message=message, url=url, hidden_by=person, hidden_at=timezone.now())
    if message.pk is None:
        if any(it.message is message and it.url == url for it in later):
            return False
        later.append(hidden)
        return True
    shown = Preview.objects.filter(message=message, url=url)
    if shown.exclude(hidden_at=None).exists():
        return False
    remove_previews(shown)
    hidden.save()
    return True

"""Telling clients that a file or a preview of a message has changed, by a new revision of the message."""

from django.db import transaction

from chat import parts
from chat.actions.batch import Batch
from chat.actions.files.attaching import bits_of
from chat.actions.jobs.writes import write
from chat.models import Attachment, File, Has, Message, Preview, Reaction
from chat.search.attached_texts import attached_texts
from chat.text.words import index_text


def touch_message_of(file: File) -> None:
    """Publish the message that has the file, if there is one.

    Call this when the file is stored, and not in the same transaction. The room is locked here, and a transaction that
    locks a file first may wait for a batch that waits for the file.
    """
    attached = Attachment.objects.filter(file=file).values_list("message__room_id", "message_id")
    previewed = Preview.objects.filter(image=file).values_list("message__room_id", "message_id")
    for room_id, message_id in {*attached, *previewed}:
        write(touch, room_id, message_id)


@transaction.atomic
def touch(room_id: int, message_id: int) -> None:
    """Give a message a new revision, with what its files and previews now say, and publish it."""
    batch = Batch.of_room(room_id)
    message = Message.objects.with_author().filter(pk=message_id).first()
    if message is None or message.is_erased or room_id not in batch.rooms:
        return
    batch.reactions_to(message).extend(Reaction.objects.on([message.pk]))
    files = bits_of(File.objects.filter(attachment__message=message))
    previews = Has.PREVIEW.value if Preview.objects.filter(message=message).exists() else 0
    message.has = ((message.has or 0) & ~(parts.FILES | parts.PREVIEWS) | files | previews) or None
    others = attached_texts({message.pk: message.has}).get(message.pk, ())
    message.search_text = index_text(message.body, *others)
    batch.touch(batch.rooms[room_id], message)
    batch.save()

"""Removal of files. Rows go first. A job of the same transaction removes the objects, also after a crash."""

from collections.abc import Collection, Iterable, Iterator

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from chat import broadcast, parts
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.tasks.files import remove_objects
from chat.files import storage
from chat.models import Attachment, File, Message, Person, Preview
from chat.models.files import FileQuerySet

# Rows of one transaction, and files of one job.
BATCH = 100


def remove(files: FileQuerySet) -> int:
    """Remove these files from messages and profiles, and delete them. Return their number.

    Call it in the transaction that removes what uses them.
    """
    found = list(files.values_list("pk", "key"))
    for start in range(0, len(found), BATCH):
        part = found[start : start + BATCH]
        ids = [pk for pk, _ in part]
        Attachment.objects.filter(file__in=ids).delete()
        File.objects.filter(pk__in=ids).delete()
        enqueue_with_commit(remove_objects, [key for _, key in part])
    if found:
        broadcast.publish(broadcast.files_hidden())
    return len(found)


def hide_of(messages: Iterable[Message]) -> None:
    """End the downloads of what these messages show, in the transaction that deletes them. The files stay."""
    if any(message.has and message.has & (parts.FILES | parts.PREVIEWS) for message in messages):
        broadcast.publish(broadcast.files_hidden())


def remove_of(messages: Collection[Message]) -> None:
    """Remove the files and the link previews of these messages, in the transaction that erases or deletes them."""
    ids = [message.pk for message in messages]
    remove(File.objects.filter(attachment__message__in=ids))
    remove_previews(Preview.objects.filter(message__in=ids))


def remove_previews(previews: QuerySet[Preview]) -> None:
    """Remove these previews, and the pictures that no other preview has. Messages with the same link share one."""
    pictures = File.objects.filter(pk__in=previews.values("image")).order_by("pk")
    ids = [file.pk for file in pictures.select_for_update(of=("self",)).only("pk")]
    previews.delete()
    if ids and not remove(File.objects.filter(pk__in=ids, previews=None)):
        broadcast.publish(broadcast.files_hidden())


def remove_unattached(person: Person) -> None:
    """Remove the files of an account that is deleted, except those of messages: uploads, and pictures of profiles."""
    remove(File.objects.filter(owner=person, attachment=None))


@transaction.atomic
def remove_unused(file: File) -> bool:
    """Remove a file unless something uses it. Return whether it was removed."""
    return remove(_locked(File.objects.unused().filter(pk=file.pk))) > 0


@transaction.atomic
def remove_expired() -> int:
    """Remove files that no one has used or continued in time, up to `BATCH`. Return their number."""
    expired = File.objects.unused().filter(expires_at__lte=timezone.now())
    return remove(_locked(expired.order_by("expires_at")[:BATCH]))


def _locked(files: FileQuerySet) -> FileQuerySet:
    """Lock the rows, so that no post takes one of them meanwhile."""
    return File.objects.filter(pk__in=[file.pk for file in files.select_for_update(of=("self",)).only("pk")])


def stray_keys() -> Iterator[str]:
    """Yield the keys of objects in the storage that belong to no file.

    They are left by a process that was killed, or by a job that has failed for days. A row is older than its objects.
    """
    for keys in storage.all_keys():
        known = set(File.objects.filter(key__in=keys).values_list("key", flat=True))
        yield from (key for key in keys if key not in known and not storage.is_recent(key))

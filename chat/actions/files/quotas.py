"""The limits of uploads: the size of a file, all files of a person, uploads at once, and all files of the site."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Sum

from chat.errors import ActionError, Code
from chat.models import File, Person
from chat.models.files import FileQuerySet

MB = 1024 * 1024
# An upload without a piece for this long does not count as running. It can go on.
RUNS_FOR = timedelta(minutes=5)
RETRY_SECONDS = 10.0


def largest(person: Person) -> int:
    """Return the bytes that a file of this person may have."""
    return MB * int(settings.CHAT_GUEST_FILE_MB if person.is_guest else settings.CHAT_FILE_MB)


def total(person: Person) -> int:
    """Return the bytes that all files of this person may have. 0: no limit."""
    return MB * int(settings.CHAT_GUEST_FILES_MB if person.is_guest else settings.CHAT_FILES_MB)


def used(person: Person) -> int:
    """Return the bytes of the person's files. Unfinished uploads count with their full size."""
    return _sum(File.objects.filter(owner=person))


def check_size(person: Person, size: int) -> None:
    """Refuse a file that is too large for this person, or has nothing in it."""
    if not settings.CHAT_FILES:
        raise ActionError(Code.FORBIDDEN, "Files can’t be uploaded on this site.")
    if size > largest(person):
        detail = f"The file is too large. A file can have at most {largest(person) // MB} MB."
        raise ActionError(Code.TOO_LARGE, detail)


def check_room(person: Person, size: int, now: datetime, expires_after: timedelta) -> None:
    """Refuse an upload for which there is no room left. The caller holds a lock on the person."""
    mine = File.objects.filter(owner=person)
    running = mine.filter(state=File.FileState.UPLOADING, expires_at__gt=now + expires_after - RUNS_FOR)
    at_once = settings.CHAT_UPLOADS_AT_ONCE
    if at_once and running.count() >= at_once:
        detail = f"You can upload {at_once} files at the same time. Wait until one is finished."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=RETRY_SECONDS)
    if total(person) and _sum(mine) + size > total(person):
        detail = f"Your files can have {total(person) // MB} MB together. Delete messages with files to upload more."
        raise ActionError(Code.QUOTA, detail)
    of_site = MB * int(settings.CHAT_SITE_FILES_MB)
    if of_site and _sum(File.objects.all()) + size > of_site:
        raise ActionError(Code.QUOTA, "There is no space left for files on this site. Tell its administrators.")


def _sum(rows: FileQuerySet) -> int:
    return rows.aggregate(sum=Sum("size"))["sum"] or 0

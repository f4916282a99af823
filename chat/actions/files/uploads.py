"""Uploads in pieces. Any process takes any piece. See `docs/files.md`."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from chat.actions.files import quotas, removal
from chat.actions.files.changed import touch_message_of
from chat.actions.jobs.backend import enqueue_with_commit
from chat.actions.presence import check_generation
from chat.actions.tasks.media import process_file
from chat.errors import ActionError, Code
from chat.files import kinds, storage
from chat.models import File, FilePiece, Person
from chat.models.files import ALT_MAX_LENGTH
from chat.rate_limits import limits
from chat.text.cleaning import clean_line
from chat.text.file_names import clean_file_name

# With its head, a piece is below the limit of a request, and below those of common proxies.
MAX_PIECE_BYTES = 960 * 1024
# Each piece costs a transaction and an object, so small ones are refused. The last one may be smaller.
MIN_PIECE_BYTES = 16 * 1024
EXPIRES_AFTER = timedelta(hours=24)
# Of the code that knows files. Earlier workers accept a post without its files, publish an edited message without them,
# and erase one without removing them.
GENERATION = 3
# The bytes from which the type is recognized.
HEAD_BYTES = 64 * 1024

NO_SUCH_FILE = "This file doesn’t exist, or you don’t have access."


def begin(person: Person, name: str, size: int, alt: str = "") -> File:
    """Create an upload of `size` bytes. The pieces follow by `add_piece`."""
    quotas.check_size(person, size)
    limits.check_file(person.pk, kind=person.kind)
    check_generation(GENERATION)
    now = timezone.now()
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).only("pk").get(pk=person.pk)
        quotas.check_room(person, size, now, EXPIRES_AFTER)
        return File.objects.create(
            owner=person,
            name=clean_file_name(name),
            alt=clean_line(alt, ALT_MAX_LENGTH),
            size=size,
            created_at=now,
            expires_at=now + EXPIRES_AFTER,
        )


def find(person: Person, key: str) -> File:
    """Return one of the person's files. Refuse an upload that has expired."""
    file = File.objects.filter(owner=person, key=key).first()
    if file is None:
        raise ActionError(Code.NOT_FOUND, NO_SUCH_FILE)
    if file.expires_at is not None and file.expires_at <= timezone.now():
        raise ActionError(Code.EXPIRED, "This upload has expired. Upload the file again.")
    return file


def add_piece(person: Person, key: str, offset: int, content: bytes) -> File:
    """Store the bytes at `offset`, which must be where the upload has come to. Return the file with its new offset.

    The last piece makes the file ready to be posted, and starts its processing.
    """
    limits.check_piece(person.pk)
    file = find(person, key)
    _check_piece(file, offset, len(content))
    if not content:
        return file
    with storage.as_refusals():
        path = storage.save(storage.object_name(key, f"piece-{offset}"), content)
        if offset + len(content) == file.size:
            _recognize(file, content)
    try:
        _record(file, path, len(content))
    except ActionError:
        storage.remove(path)
        raise
    return file


def cancel(person: Person, key: str) -> None:
    """Remove a file that no message and no profile uses."""
    limits.check_piece(person.pk)
    file = File.objects.filter(owner=person, key=key).first()
    if file is None:
        raise ActionError(Code.NOT_FOUND, NO_SUCH_FILE)
    if not removal.remove_unused(file):
        raise ActionError(Code.CONFLICT, "This file is in use. Edit or delete the message with it instead.")


def describe(person: Person, key: str, alt: str) -> File:
    """Change the description of one of the person's files."""
    limits.check_piece(person.pk)
    file = find(person, key)
    file.alt = clean_line(alt, ALT_MAX_LENGTH)
    file.save(update_fields=["alt"])
    touch_message_of(file)
    return file


def _check_piece(file: File, offset: int, size: int) -> None:
    if file.state != File.FileState.UPLOADING or file.offset != offset:
        raise _at_another_offset()
    if offset + size > file.size:
        raise ActionError(Code.TOO_LARGE, f"The file has {file.size} bytes, and this piece ends beyond them.")
    if 0 < size < MIN_PIECE_BYTES and offset + size < file.size:
        detail = f"A piece has at least {MIN_PIECE_BYTES} bytes, unless it is the last one."
        raise ActionError(Code.BAD_FRAME, detail)


def _at_another_offset() -> ActionError:
    return ActionError(Code.CONFLICT, "The upload is not at that offset. Ask for its offset and continue there.")


@transaction.atomic
def _record(file: File, path: str, size: int) -> None:
    """Move the offset and add the piece. Refuse if another request has moved it first."""
    start, now = file.offset, timezone.now()
    file.offset, file.expires_at = start + size, now + EXPIRES_AFTER
    fields = {"offset": file.offset, "expires_at": file.expires_at}
    if is_complete := file.offset == file.size:
        file.state = File.FileState.WAITING
        fields |= {it: getattr(file, it) for it in ("state", "media_type", "kind", "width", "height")}
    if not File.objects.filter(pk=file.pk, state=File.FileState.UPLOADING, offset=start).update(**fields):
        raise _at_another_offset()
    FilePiece.objects.create(file=file, start=start, size=size, path=path)
    if is_complete:
        enqueue_with_commit(process_file, file.pk)


def _recognize(file: File, last: bytes) -> None:
    """Set what is known from the first bytes, so that a message shows the file before it is processed."""
    first = file.pieces.filter(start=0).first()
    head = storage.read(first.path, HEAD_BYTES) if first else last[:HEAD_BYTES]
    found = kinds.recognize(head, file.name)
    file.media_type, file.kind, file.width, file.height = found

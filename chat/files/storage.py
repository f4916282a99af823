"""The storage of uploaded files: any storage of Django. Nothing here needs a path in a file system."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from chat.errors import ActionError, Code

UNAVAILABLE = "Files can’t be stored right now. Try again in a moment."
RETRY_SECONDS = 5.0


def files() -> Storage:
    """Return the storage of all uploaded files."""
    return storages["files"]


def object_name(key: str, purpose: str) -> str:
    """Return a new name for an object of the file with this key. The same name never comes again.

    All objects of a file are in one folder, `<two characters>/<key>`, so that a listing is short.
    """
    return f"{folder_of(key)}/{purpose}-{secrets.token_hex(8)}"


def folder_of(key: str) -> str:
    return f"{key[:2]}/{key}"


def errors() -> tuple[type[Exception], ...]:
    """Return the exceptions of a storage that is full or away. Those of S3 exist only where its library is used."""
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError, botocore.BotoCoreError, botocore.ClientError) if botocore else (OSError,)


@contextmanager
def as_refusals() -> Iterator[None]:
    """Turn the errors of the storage into refusals, for requests of clients."""
    try:
        yield
    except errors() as error:
        raise ActionError(Code.UNAVAILABLE, UNAVAILABLE, RETRY_SECONDS) from error


def save(name: str, content: bytes) -> str:
    """Store an object, and return its name. Remove what a failed attempt leaves."""
    try:
        return files().save(name, ContentFile(content))
    except errors():
        with suppress(*errors()):
            files().delete(name)
        raise


def read(name: str, size: int) -> bytes:
    """Return the first `size` bytes of an object."""
    with files().open(name) as opened:
        head: bytes = opened.read(size)
        return head

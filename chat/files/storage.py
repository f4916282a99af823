"""The storage of uploaded files: any storage of Django. Nothing here needs a path in a file system."""

import logging
import secrets
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.files.base import File as Opened
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils import timezone

from chat.errors import ActionError, Code

log = logging.getLogger(__name__)

UNAVAILABLE = "Files can’t be stored right now. Try again in a moment."
RETRY_SECONDS = 5.0
# Objects as new as this may belong to a transaction that has not committed yet.
RECENT = timedelta(hours=1)


def files() -> Storage:
    """Return the storage of all uploaded files."""
    return storages["files"]


def writers() -> int:
    """Return how many threads of a process store pieces. More than one would only wait for the same disk."""
    return 1 if isinstance(files(), FileSystemStorage) else 4


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
        log.warning("A piece of a file could not be stored: %s", error)
        raise ActionError(Code.UNAVAILABLE, UNAVAILABLE, RETRY_SECONDS) from error


def save(name: str, content: bytes) -> str:
    """Store an object, and return its name. Remove what a failed attempt leaves."""
    return _save(name, ContentFile(content))


def save_file(name: str, path: Path) -> str:
    """Store an object with the content of a file, which is read part by part."""
    with path.open("rb") as opened:
        return _save(name, Opened(opened, name=path.name))


def _save(name: str, content: "Opened[bytes]") -> str:
    try:
        return files().save(name, content)
    except errors():
        with suppress(*errors()):
            files().delete(name)
        raise


def read(name: str, size: int) -> bytes:
    """Return the first `size` bytes of an object."""
    with files().open(name) as opened:
        head: bytes = opened.read(size)
        return head


def open_part(opened: Any, start: int, length: int) -> IO[bytes]:
    """Return what reads `length` bytes of an open object from `start`. The caller reads no more, and closes it.

    A file of S3 fetches the whole object before its first byte. The object that it has streams any part instead.
    """
    if (stored := getattr(opened, "obj", None)) is not None:
        body: IO[bytes] = stored.get(Range=f"bytes={start}-{start + length - 1}")["Body"]
        return body
    opened.seek(start)
    part: IO[bytes] = opened
    return part


def remove(name: str) -> None:
    """Remove an object, if it exists and the storage can be reached."""
    with suppress(*errors()):
        files().delete(name)


def remove_all(key: str, keep: Container[str] = ()) -> None:
    """Remove all objects of a file but those with the names `keep`, whatever has left them."""
    folder = folder_of(key)
    names = [f"{folder}/{name}" for name in _listed(folder)[1]]
    for name in names:
        if name not in keep:
            files().delete(name)
    if not keep:
        with suppress(*errors()):  # a folder with an object that was stored meanwhile
            files().delete(folder)


def all_keys() -> Iterator[list[str]]:
    """Yield the keys of all files that have objects, those with the same first two characters together."""
    for shard in _listed("")[0]:
        yield [key for key in _listed(shard)[0] if key.startswith(shard)]


def is_recent(key: str) -> bool:
    """Return whether a file has objects that were stored just now."""
    folder, since = folder_of(key), timezone.now() - RECENT
    return any(files().get_modified_time(f"{folder}/{name}") > since for name in _listed(folder)[1])


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """Return the folders and the objects in a folder. Storages differ about those without anything in them."""
    try:
        return files().listdir(folder)
    except FileNotFoundError:
        return [], []

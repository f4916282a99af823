"""Copies of the uploaded files beside a backup of the database. Each copy is complete by itself."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from chat.db.backups import FILES_SUFFIX, SUFFIX, BackupError
from chat.exports.streaming import all_rows
from chat.files import storage
from chat.models import File, FilePiece

PAGE = 1000


def copy(target: Path) -> None:
    """Copy all files into a new folder. What an earlier backup beside it has becomes a hard link, and takes no space.

    A file that is removed meanwhile is left out. Files never change, so a name and a size say that two are the same.
    """
    earlier = max(target.parent.glob(f"*{SUFFIX}{FILES_SUFFIX}"), default=None)
    partial = target.with_name(f"{target.name}.part")
    try:
        partial.mkdir(mode=0o700)
        for name in _names():
            _copy(name, partial, earlier)
        partial.rename(target)
    except storage.errors() as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise BackupError(f"Cannot copy the files: {error}.") from error


def _names() -> Iterator[str]:
    """Yield the names of all objects that belong to a row."""
    for file in all_rows(File.objects.only("path", "thumb_path"), PAGE):
        yield from filter(None, (file.path, file.thumb_path))
    for piece in all_rows(FilePiece.objects.only("path"), PAGE):
        yield piece.path


def _copy(name: str, folder: Path, earlier: Path | None) -> None:
    path = folder / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if earlier is not None:
        with suppress(OSError):  # it is not there, or on another disk
            os.link(earlier / name, path)
            return
    with (
        suppress(FileNotFoundError),
        storage.files().open(name) as opened,
        open(path, "xb", opener=_private) as copied,
    ):
        shutil.copyfileobj(opened, copied)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

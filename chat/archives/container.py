"""The files of an archive, which is a zip file or a folder. Nothing is unpacked, and names lead nowhere else.

An archive may come from anyone. So a file is read up to a limit only, and packed data that grows too much is refused.
"""

import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

# More than any day of a busy channel, or any line of people.
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
MAX_NAMES = 2_000_000
# JSON packs to a tenth, and the most repetitive to a fiftieth.
MAX_GROWTH = 200
# Below it, a zip file may grow more.
SMALL_BYTES = 1024 * 1024


class ArchiveError(Exception):
    """The archive cannot be read. The text is a sentence for the operator."""


class Container(Protocol):
    """The files of an archive by their paths, with `/` between the parts."""

    def names(self) -> Iterator[str]: ...

    def has(self, name: str) -> bool: ...

    def open(self, name: str) -> BinaryIO: ...


def open_container(path: Path) -> Container:
    """Open a zip file or a folder. Raise ArchiveError if it is neither, or not safe to read."""
    if path.is_dir():
        return _Folder(path)
    try:
        return _Zip(zipfile.ZipFile(path))
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise ArchiveError(f"{path} is neither a folder nor a zip file that can be read: {error}.") from error


def read(container: Container, name: str) -> bytes:
    """Return a whole document. Refuse one that is too large."""
    try:
        with container.open(name) as opened:
            content = opened.read(MAX_DOCUMENT_BYTES + 1)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise ArchiveError(f"{name} cannot be read: {error}.") from error
    if len(content) > MAX_DOCUMENT_BYTES:
        raise ArchiveError(f"{name} has more than {MAX_DOCUMENT_BYTES >> 20} MiB.")
    return content


def is_safe(name: str) -> bool:
    """Return whether the name of a file stays in its archive, on any system."""
    parts = name.split("/")
    return not ({"", ".", ".."} & {*parts}) and not any(it in name for it in ("\\", "\0", ":"))


class _Folder:
    def __init__(self, root: Path):
        self._root = root
        self._names = frozenset(self._found())

    def _found(self) -> Iterator[str]:
        for folder, _, files in os.walk(self._root):  # it does not follow links
            for name in files:
                path = Path(folder, name)
                if stat.S_ISREG(path.lstat().st_mode):
                    yield path.relative_to(self._root).as_posix()

    def names(self) -> Iterator[str]:
        return iter(self._names)

    def has(self, name: str) -> bool:
        return name in self._names

    def open(self, name: str) -> BinaryIO:
        if name not in self._names:
            raise FileNotFoundError(name)
        return Path(self._root, name).open("rb")


class _Zip:
    def __init__(self, opened: zipfile.ZipFile):
        infos = opened.infolist()
        packed, size = sum(it.compress_size for it in infos), sum(it.file_size for it in infos)
        if len(infos) > MAX_NAMES:
            raise ArchiveError(f"The zip file has more than {MAX_NAMES:,} files.")
        if grown := next((it.filename for it in infos if _grows(it.compress_size, it.file_size)), None):
            raise ArchiveError(f"{grown!r} in the zip file would grow more than {MAX_GROWTH} times.")
        if _grows(max(packed, 1), size):
            raise ArchiveError(f"The zip file would grow more than {MAX_GROWTH} times.")
        self._zip = opened
        self._infos = {it.filename: it for it in infos if not it.is_dir() and is_safe(it.filename)}

    def names(self) -> Iterator[str]:
        return iter(self._infos)

    def has(self, name: str) -> bool:
        return name in self._infos

    def open(self, name: str) -> BinaryIO:
        if name not in self._infos:
            raise FileNotFoundError(name)
        return cast(BinaryIO, self._zip.open(self._infos[name]))


def _grows(packed: int, size: int) -> bool:
    return size > SMALL_BYTES and size > MAX_GROWTH * packed

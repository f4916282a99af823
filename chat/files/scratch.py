"""The folder in which an attempt to process a file works, in the system's folder for temporary files."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "chat-media-"
# No attempt takes as long. Processes cannot ask each other, because those in containers have the same ids.
LEFT_AFTER_SECONDS = 3600.0


@contextmanager
def folder() -> Iterator[Path]:
    """Create an empty folder, and remove it at the end. Also remove those of processes that were killed."""
    _remove_left()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        yield Path(name)


def _remove_left() -> None:
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # another process has just removed it
            found = path.lstat()
            if found.st_uid == os.geteuid() and found.st_mtime < time.time() - LEFT_AFTER_SECONDS:
                shutil.rmtree(path, ignore_errors=True)

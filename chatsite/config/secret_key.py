"""What a development site makes for itself, so that nobody has to configure it."""

import os
import tempfile
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def read_or_create(path: Path) -> str:
    """The key kept in `path`, made on first use; random per checkout, so the repository holds no secret."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(get_random_secret_key())
        try:
            os.link(draft, path)  # whole or not at all, and the first process to come wins
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text()

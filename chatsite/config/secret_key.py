"""The generated secrets of a development site, which then needs no configuration."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def read_or_create(path: Path, new: Callable[[], str] = get_random_secret_key) -> str:
    """Return the key in `path`, created by `new` on first use. It is random per checkout: the repository holds none."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)  # created with mode 0600
        with os.fdopen(handle, "w") as file:
            file.write(new())
        try:
            os.link(draft, path)  # atomic: the first process wins
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    return path.read_text()

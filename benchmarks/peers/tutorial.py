"""The chat of the Channels tutorial on Daphne: as documented, and with messages saved as people save them."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load.dialects import Tutorial
from benchmarks.peers.peer import Peer, Running, program, simple
from benchmarks.server import BASE_DIR, free_port


def _daphne(application: str, port: int) -> list[str]:
    return [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0", application]


@contextmanager
def _with_persistence(directory: Path) -> Iterator[Running]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.faults.baseline.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": f"sqlite:///{directory / 'tutorial.sqlite3'}",
        "REDIS_URL": "",
    }
    command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
    subprocess.run(command, cwd=BASE_DIR, env=os.environ | environment, check=True)
    port = free_port()
    command = _daphne("tests.faults.baseline.asgi:application", port)
    with program(command, port, environment, directory / "console.log") as running:
        yield running


TUTORIAL = Peer(
    "tutorial",
    "Channels tutorial, Daphne",
    Tutorial(),
    simple(
        lambda port: _daphne("benchmarks.page.tutorial.asgi:application", port),
        DJANGO_SETTINGS_MODULE="benchmarks.page.tutorial.settings",
    ),
)
TUTORIAL_STORED = Peer(
    "tutorial-stored", "Channels tutorial with persistence, Daphne", Tutorial(), _with_persistence, stores="SQLite"
)

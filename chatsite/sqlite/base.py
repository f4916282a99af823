"""The backend, at the place where Django looks for it."""

import os
from contextlib import suppress
from typing import Any

from django.db.backends.sqlite3 import base

# SQLite gives its `-wal` and `-shm` files the mode of the database file.
MODE = 0o600


class DatabaseWrapper(base.DatabaseWrapper):
    """Create the file before SQLite does, which would let everyone on the machine read it."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(conn_params["database"])
        if name != ":memory:" and not name.startswith("file:"):
            with suppress(OSError):  # it exists; or it can't be created, and SQLite says so
                os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, MODE))
        return super().get_new_connection(conn_params)

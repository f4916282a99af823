"""The database backend, in the module where Django looks for it."""

import os
from contextlib import suppress
from typing import Any

from django.db.backends.sqlite3 import base

# SQLite gives its `-wal` and `-shm` files the mode of the database file.
MODE = 0o600


class DatabaseWrapper(base.DatabaseWrapper):
    """Create the database file before SQLite does, which would make it readable for everyone on the machine."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(conn_params["database"])
        if name != ":memory:" and not name.startswith("file:"):
            with suppress(OSError):  # it exists, or SQLite reports why it cannot be created
                os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, MODE))
        return super().get_new_connection(conn_params)

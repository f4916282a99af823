"""The database of DATABASE_URL, with the settings that make acknowledged writes durable.

An invalid value stops the start with an error message.
"""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

POSTGRESQL = "django.db.backends.postgresql"
SQLITE = "django.db.backends.sqlite3"
PRIVATE_SQLITE = "chatsite.sqlite"
# Applies to a new folder. An existing one keeps its mode.
FOLDER_MODE = 0o700
# Each thread of process/db_threads.py keeps a connection (1 writes, 4 read). In a smaller pool the last waits forever.
LEAST_CONNECTIONS = 6
KEEP_SECONDS = 60

Database = dict[str, Any]


def database(config: Database, pool_size: int, test_name: str) -> Database:
    """Return the entry for DATABASES. `config` is the URL as django-environ has parsed it."""
    engine = config.get("ENGINE")
    if engine not in (POSTGRESQL, SQLITE):
        raise ImproperlyConfigured(
            "DATABASE_URL must be postgres://user:password@host/name, or sqlite:///folder/file for one machine."
        )
    return _sqlite(config, test_name) if engine == SQLITE else _postgresql(config, pool_size)


def _sqlite(config: Database, test_name: str) -> Database:
    if config["NAME"] == ":memory:":
        raise ImproperlyConfigured("DATABASE_URL must name a file. Each thread would have its own in-memory database.")
    folder = Path(config["NAME"]).parent
    try:
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL names a file in {folder}, which cannot be created: {error}"
        ) from error
    options = {
        **config.get("OPTIONS", {}),
        # A deferred transaction that starts to write later fails at once under concurrency. An immediate one waits.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: WAL alone may lose acknowledged messages in a power cut. secure_delete overwrites, at no cost.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
    }
    # The page threads keep their connections, because opening one takes as long as most pages.
    config = {"CONN_MAX_AGE": KEEP_SECONDS, **config}
    # The test database is a file, because threads that share an in-memory database lock each other out.
    return {**config, "ENGINE": PRIVATE_SQLITE, "OPTIONS": options, "TEST": {"NAME": test_name}}


def _postgresql(config: Database, pool_size: int) -> Database:
    if pool_size < LEAST_CONNECTIONS:
        raise ImproperlyConfigured(
            f"DATABASE_POOL_SIZE must be at least {LEAST_CONNECTIONS}. Sockets keep five, and pages need one."
        )
    options = {
        "connect_timeout": 5,
        **config.get("OPTIONS", {}),
        # Enough for the writer, the readers and the HTTP threads of one process.
        "pool": {"min_size": 1, "max_size": pool_size, "timeout": 5},
    }
    # Checked before use, so that a connection broken by a restart of PostgreSQL is not handed out.
    return {**config, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}

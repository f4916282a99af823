"""Checks that the database keeps what it acknowledged, and serves many requests at once."""

import re
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

# SQLite's numbers for FULL and EXTRA.
DURABLE_LEVELS = (2, 3)
SETTINGS_HINT = "Configure the database with chatsite.database, as chatsite/settings.py does."


@register(Tags.compatibility)
def check_database_settings(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for connection in connections.all():
        settings = connection.settings_dict
        if settings["ATOMIC_REQUESTS"]:
            found.append(
                Warning(
                    "ATOMIC_REQUESTS makes each request a transaction. On SQLite each one takes the only write lock.",
                    hint="Remove it, also from the query of DATABASE_URL. Actions have their own transactions.",
                    id="chat.W006",
                )
            )
        found += _sqlite(settings) if connection.vendor == "sqlite" else _pooled(settings)
    return found


def _sqlite(settings: dict[str, Any]) -> list[CheckMessage]:
    options = settings["OPTIONS"]
    commands = re.sub(r"\s", "", str(options.get("init_command", "")).lower())
    found: list[CheckMessage] = []
    if options.get("transaction_mode") != "IMMEDIATE":
        message = "SQLite begins transactions as DEFERRED. Most writes fail when several people write at once."
        found.append(Error(message, hint=SETTINGS_HINT, id="chat.E002"))
    if "journal_mode=wal" not in commands or not re.search(r"synchronous=(full|extra|2|3)", commands):
        message = "SQLite is not opened with journal_mode=WAL and synchronous=FULL. A power cut may lose messages."
        found.append(Error(message, hint=SETTINGS_HINT, id="chat.E003"))
    return found


def _pooled(settings: dict[str, Any]) -> list[CheckMessage]:
    has_pool = bool(settings["OPTIONS"].get("pool"))
    if has_pool and settings["CONN_MAX_AGE"] != 0:
        return [
            Error(
                "CONN_MAX_AGE cannot be used with the connection pool. Django refuses every query.",
                hint="Remove conn_max_age from the query of DATABASE_URL. The pool keeps connections open.",
                id="chat.E005",
            )
        ]
    if not has_pool and settings["CONN_MAX_AGE"] == 0:
        message = "Each request opens a new database connection, which takes longer than most requests."
        return [Warning(message, hint=SETTINGS_HINT, id="chat.W005")]
    return []


@register(Tags.database)
def check_durability(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Query the databases. A file system may refuse WAL, and a server or a role has settings of its own."""
    found: list[CheckMessage] = []
    for alias in databases or []:
        ask = {"sqlite": _sqlite_durability, "postgresql": _postgresql_durability}.get(connections[alias].vendor)
        found += ask(connections[alias]) if ask else []
    return found


def _sqlite_durability(connection: Any) -> list[CheckMessage]:
    journal, level = (_answer(connection, f"PRAGMA {name}") for name in ("journal_mode", "synchronous"))
    if journal == "wal" and level in DURABLE_LEVELS:
        return []
    return [
        Error(
            f"SQLite runs with journal_mode={journal} and synchronous={level}, although the settings say otherwise.",
            hint="Put the file on a local disk. Network file systems do not support WAL.",
            id="chat.E003",
        )
    ]


def _postgresql_durability(connection: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if _answer(connection, "SHOW synchronous_commit") == "off":
        message = "PostgreSQL acknowledges before it has written (synchronous_commit is off). A crash loses messages."
        hint = "Turn it on for this role: ALTER ROLE … SET synchronous_commit = on."
        found.append(Error(message, hint=hint, id="chat.E004"))
    if off := [name for name in ("fsync", "full_page_writes") if _answer(connection, f"SHOW {name}") == "off"]:
        message = f"PostgreSQL runs with {' and '.join(off)} off. A power cut may destroy the whole database."
        found.append(Warning(message, hint="Turn it on in postgresql.conf, unless this is a test.", id="chat.W004"))
    return found


def _answer(connection: Any, question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]

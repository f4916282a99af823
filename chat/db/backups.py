"""A copy of the whole database while people write: one moment of it, whole and looked over, or none at all."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

SUFFIX = ".backup"


class BackupError(Exception):
    """Why there is no backup, as a sentence."""


def make(place: Path) -> Path:
    """Write a backup to the file `place`, or to a file of its own in the folder `place`. Its path."""
    target = place / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}{SUFFIX}" if place.is_dir() else place
    with _draft(target) as draft:
        if connection.vendor == "sqlite":
            _copy_sqlite(draft)
        else:
            _dump_postgresql(draft)
    return target


def forget(folder: Path, keep: int) -> list[Path]:
    """Remove all but the `keep` newest backups that were given their names in `folder`; which."""
    found = sorted(folder.glob(f"????-??-??T??????Z{SUFFIX}"))
    old = found[: max(0, len(found) - keep)]
    for path in old:
        path.unlink()
    return old


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """A file that only its owner reads, and that has its name only when it is whole and on disk."""
    if target.exists():
        raise BackupError(f"{target} already exists.")
    draft = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise BackupError(f"Cannot write {draft}: {error.strerror}.") from error
    try:
        yield draft
        _sync(draft)
        draft.rename(target)
        _sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_sqlite(draft: Path) -> None:
    """In one step, which in WAL mode keeps nobody from writing."""
    connection.ensure_connection()
    with closing(sqlite3.connect(draft)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # all of it in this one file
        faults = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    if faults != ["ok"]:
        raise BackupError(f"The copy failed the integrity check, so the database is damaged too: {faults[0]}")


def _dump_postgresql(draft: Path) -> None:
    """By pg_dump, in its own format, which it then has to be able to read."""
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={draft}"]
    (_, *arguments), variables = connection.client.settings_to_cmd_args_env(connection.settings_dict, options)
    _run(["pg_dump", *arguments], {**os.environ, **(variables or {})})
    _run(["pg_restore", "--list", str(draft)], {**os.environ})


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise BackupError(f"{command[0]} is not installed. It is one of PostgreSQL's client programs.") from error
    except subprocess.CalledProcessError as error:
        raise BackupError(error.stderr.strip() or f"{command[0]} failed.") from error

"""Backups of the whole database while the site runs: a consistent snapshot that was checked, or no file at all."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

SUFFIX = ".backup"
# The folder of the uploaded files has the name of the backup, and this after it.
FILES_SUFFIX = ".files"


class BackupError(Exception):
    """A failed backup. The reason is a sentence."""


def make(path: Path, copy_files: Callable[[Path], None] | None = None) -> Path:
    """Write a backup to the file `path`, or to a new file in the folder `path`. Return the path of the file.

    `copy_files` copies the uploaded files into the folder that it gets. It runs after the snapshot, and before the
    backup has its name.
    """
    target = path / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}{SUFFIX}" if path.is_dir() else path
    with partial_file(target) as partial:
        if connection.vendor == "sqlite":
            _copy_sqlite(partial)
        else:
            _dump_postgresql(partial)
        if copy_files is not None:
            copy_files(target.with_name(target.name + FILES_SUFFIX))
    return target


def remove_old(folder: Path, keep: int) -> list[Path]:
    """Remove all but the `keep` newest backups that `make` named in `folder`. Return the removed paths."""
    found = sorted(folder.glob(f"????-??-??T??????Z{SUFFIX}"))
    old = found[: max(0, len(found) - keep)]
    for path in old:
        path.unlink()
        shutil.rmtree(path.with_name(path.name + FILES_SUFFIX), ignore_errors=True)
    return old


@contextmanager
def partial_file(target: Path) -> Iterator[Path]:
    """Yield a temporary file that only its owner can read. It gets its name when it is complete and on disk."""
    if target.exists():
        raise BackupError(f"{target} already exists.")
    partial = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise BackupError(f"Cannot write {partial}: {error.strerror}.") from error
    try:
        yield partial
        _sync(partial)
        partial.rename(target)
        _sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_sqlite(target: Path) -> None:
    """Copy the database in one step, which blocks no writer in WAL mode, and check the copy."""
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file, without a WAL beside it
        faults = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    if faults != ["ok"]:
        raise BackupError(f"The copy failed the integrity check, so the database is damaged too: {faults[0]}")


def _dump_postgresql(target: Path) -> None:
    """Dump the database with pg_dump, and check that pg_restore can read the file."""
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    (_, *arguments), variables = connection.client.settings_to_cmd_args_env(connection.settings_dict, options)
    _run(["pg_dump", *arguments], {**os.environ, **(variables or {})})
    _run(["pg_restore", "--list", str(target)], {**os.environ})


def _run(command: list[str], environment: dict[str, str]) -> None:
    try:
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    except FileNotFoundError as error:
        raise BackupError(f"{command[0]} is not installed. It is one of PostgreSQL's client programs.") from error
    except subprocess.CalledProcessError as error:
        raise BackupError(error.stderr.strip() or f"{command[0]} failed.") from error

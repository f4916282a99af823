"""A file system that is small enough to fill: a tmpfs, where mounting is allowed."""

import errno
import subprocess
from contextlib import contextmanager

from tests.processes.servers import cannot_run

SIZE = "24m"
CHUNK = bytes(64 * 1024)
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = '{}'"


class Disk:
    def __init__(self, folder, before_filling):
        self.folder, self._before_filling = folder, before_filling
        self._filler = folder / "filler"

    def fill(self):
        self._before_filling()
        with self._filler.open("wb", buffering=0) as filler, suppress_full():
            while True:
                filler.write(CHUNK)

    def free(self):
        self._filler.unlink(missing_ok=True)


@contextmanager
def suppress_full():
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@contextmanager
def mounted(folder, user=None):
    folder.mkdir(exist_ok=True)
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        cannot_run("The right to mount a small file system")
    try:
        if user:
            subprocess.run(["chown", user, folder], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def under_sqlite(deployment):
    """Move the database there while no worker runs, and back."""
    with mounted(deployment.folder / "small") as folder:
        home = deployment.database.path
        move(deployment, folder / home.name)
        try:
            yield Disk(folder, lambda: checkpoint(deployment.database))
        finally:
            move(deployment, home)


def move(deployment, there):
    ports = list(deployment.ports)
    for port in ports:
        deployment.site.kill(port)
    here = deployment.database.path
    checkpoint(deployment.database)
    there.write_bytes(here.read_bytes())
    for leftover in ("", "-wal", "-shm"):
        here.with_name(here.name + leftover).unlink(missing_ok=True)
    deployment.database.address = f"sqlite:///{there}"
    deployment.other_environment(DATABASE_URL=deployment.database.address)
    for port in ports:
        deployment.start(port)


def checkpoint(database):
    """Empty the write-ahead log, so that it takes no space."""
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def under_postgresql(deployment):
    """Move the messages into a table space there while the workers run, and back."""
    database, user = deployment.database, deployment.database.cluster.user
    with mounted(database.cluster.folder / "small", user) as folder:
        database.execute("DROP TABLESPACE IF EXISTS small", f"CREATE TABLESPACE small LOCATION '{folder}'")
        set_space(database, "small")
        disk = Disk(folder, lambda: None)
        try:
            yield disk
        finally:
            disk.free()
            set_space(database, "pg_default")
            database.execute("DROP TABLESPACE small")


def set_space(database, space):
    database.execute(f"ALTER TABLE {database.messages} SET TABLESPACE {space}")
    for [index] in database.ask(INDEXES.format(database.messages)):
        database.execute(f"ALTER INDEX {index} SET TABLESPACE {space}")

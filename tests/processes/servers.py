"""A real PostgreSQL and a real Valkey, each for one test, on loopback and in a folder of its own."""

import os
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.workers import backends
from benchmarks.workers.backends import Valkey, valkey
from tests.site import children, made_once, run_command

__all__ = ["Cluster", "Valkey", "cannot_run", "children", "frozen", "postgresql", "valkey"]


def cannot_run(what):
    """Skip the test with the reason, unless everything is required."""
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(f"{what} is required and was not found")
    pytest.skip(f"{what} was not found")


class Cluster(backends.Cluster):
    """A PostgreSQL cluster with the tables of the site. It runs inside `with`, without durability, because no test cuts
    the power.

    Its folder is not one of pytest's: each run of pytest closes the folder of all runs to other accounts, and `pg_ctl`,
    which is another account's where the tests are root's, then reads no PID file and stops nothing.
    """

    def __init__(self):
        self._place = tempfile.TemporaryDirectory(prefix="postgresql-")
        try:
            super().__init__(Path(self._place.name), "-F")
        except FileNotFoundError as error:
            cannot_run(str(error))

    def __exit__(self, *_):
        self.stop()
        self._place.cleanup()

    def create(self):
        copy(made_once("postgresql", create_cluster) / "db", self.folder)

    def stop(self, mode="immediate"):
        """Stop the server. `immediate` is a crash, after which the next start recovers."""
        super().stop(mode)


def create_cluster(folder):
    """Fill the folder that each cluster copies. `initdb` and the migrations take seconds."""
    with tempfile.TemporaryDirectory(prefix="postgresql-") as place:
        with backends.Cluster(Path(place), "-F") as cluster:
            run_command("migrate", "--verbosity=0", DATABASE_URL=cluster.address)
        copy(cluster.folder / "db", folder)


def copy(source, target):
    subprocess.run(["cp", "--archive", source, target], check=True)


@contextmanager
def postgresql():
    """A cluster and its address."""
    with Cluster() as cluster:
        yield cluster.address


@contextmanager
def frozen(*processes):
    """Stop processes, given by their ids, without closing their connections."""
    everything = [each for process in processes for each in (process, *children(process))]
    for process in everything:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in everything:
            os.kill(process, signal.SIGCONT)

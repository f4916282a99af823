"""A real PostgreSQL and a real Valkey, each for one test, on loopback and in a folder of its own."""

import os
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.workers import backends
from benchmarks.workers.backends import Valkey, valkey
from tests.site import children

__all__ = ["Cluster", "Valkey", "cannot_run", "children", "frozen", "postgresql", "valkey"]


def cannot_run(what):
    """Skip the test with the reason, unless everything is required."""
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(f"{what} is required and was not found")
    pytest.skip(f"{what} was not found")


class Cluster(backends.Cluster):
    """A PostgreSQL cluster without durability, because no test cuts the power. It runs inside `with`.

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

    def stop(self, mode="immediate"):
        """Stop the server. `immediate` is a crash, after which the next start recovers."""
        super().stop(mode)


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

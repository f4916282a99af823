"""One server process of the site on a fresh database, and what the kernel says about it."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 20.0
APPLICATION = "chatsite.asgi:application"


@dataclass(frozen=True, slots=True)
class Server:
    """A site's process, its database file and what it wrote to its console."""

    pid: int
    port: int
    database: Path
    console: Path
    environment: dict[str, str]

    def cpu_seconds(self) -> float:
        """Processor time of all its threads so far, in the kernel's ticks (proc_pid_stat(5): utime + stime)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        return self._status("VmRSS")

    def peak_resident_bytes(self) -> int:
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        [kibibytes] = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
        return int(kibibytes) * 1024


def command(kind: str, port: int) -> list[str]:
    """How `uvicorn` or `daphne` is started: one process, silent but for warnings, sockets never cut for their age."""
    if kind == "daphne":
        options = ["-b", "127.0.0.1", "-p", str(port), "-v", "0", "--websocket_timeout", "-1", APPLICATION]
        return [sys.executable, "-m", "daphne", *options]
    options = ["--ws", "websockets-sansio", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", APPLICATION, *options]


@contextmanager
def running(kind: str, directory: Path, port: int, core: int | None) -> Iterator[Server]:
    """A server that answers at 127.0.0.1, on one core if given. It is stopped, and its console shown, at the end."""
    database, console = directory / "db.sqlite3", directory / "console.log"
    environment = os.environ | settings(database)
    manage("migrate", "-v", "0", environment=environment)
    with console.open("wb") as output:
        process = subprocess.Popen(
            command(kind, port), cwd=BASE_DIR, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        _wait_until_it_answers(process, port)
        yield Server(process.pid, port, database, console, environment)
    finally:
        _stop(process)
        print(console.read_text(errors="replace"), end="", file=sys.stderr)


def settings(database: Path) -> dict[str, str]:
    """The site as in production, but without limits on how fast one may post, whatever a developer's `.env` says."""
    return {
        "DEBUG": "0",
        "HTTPS": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{database}",
        "REDIS_URL": "",
        "LOG_LEVEL": "WARNING",
        "CHAT_GUESTS": "1",
        "CHAT_GUESTS_PER_MINUTE": "0",
        "CHAT_POSTS_PER_SECOND": "0",
        "CHAT_FRAMES_PER_SECOND": "0",
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
    }


def manage(*arguments: str, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=environment, check=True)


def make_people(server: Server, count: int) -> list[str]:
    """People in the server's database; a bearer token for each."""
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.people", str(count)],
        cwd=BASE_DIR,
        env=server.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return made.stdout.split()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with status {process.returncode} before it answered.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"The server did not answer within {START_SECONDS:.0f} s.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

"""One server process of the site on a fresh database, and what the kernel says about it."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Process
from chat.management.commands.serve import uvicorn_command

BASE_DIR = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
# Between two looks: how exactly the time until a server answers is known.
LOOK_SECONDS = 0.01
STOP_SECONDS = 20.0
APPLICATION = "chatsite.asgi:application"
# No limits on how fast one may do anything, nor on how many may come from one address.
UNLIMITED = dict.fromkeys(
    (
        "CHAT_GUESTS_PER_MINUTE",
        "CHAT_CONNECTIONS_PER_PERSON",
        "CHAT_CONNECTIONS_PER_ADDRESS",
        "CHAT_POSTS_PER_SECOND",
        "CHAT_POSTS_PER_ADDRESS",
        "CHAT_FRAMES_PER_SECOND",
        "CHAT_SEARCHES_PER_MINUTE",
    ),
    "0",
)


@dataclass(frozen=True, slots=True)
class Server(Process):
    """A site's process, the address of its database, and the environment both were made with."""

    port: int
    database_url: str
    environment: dict[str, str]


def command(kind: str, port: int, application: str = APPLICATION) -> list[str]:
    """Return the command of `uvicorn`, as in `make serve`, or `daphne`: it logs only warnings and never closes a
    socket for its age."""
    if kind == "daphne":
        options = ["-b", "127.0.0.1", "-p", str(port), "-v", "0", "--websocket_timeout", "-1", application]
        return [sys.executable, "-m", "daphne", *options]
    return uvicorn_command("--no-access-log", "--log-level=warning", f"--port={port}", application=application)


@contextmanager
def running(
    kind: str, directory: Path, port: int, core: int | None, limits: Mapping[str, str] = UNLIMITED
) -> Iterator[Server]:
    """A server that answers at 127.0.0.1, on one core if given. It is stopped, and its console shown, at the end."""
    database_url, console = f"sqlite:///{directory / 'db.sqlite3'}", directory / "console.log"
    environment = os.environ | settings(directory, database_url, limits=limits)
    prepare(environment)
    with console.open("wb") as output:
        process = subprocess.Popen(
            command(kind, port), cwd=BASE_DIR, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        wait_until_it_answers(process, port)
        yield Server(process.pid, port, database_url, environment)
    finally:
        stop(process)
        print(console.read_text(errors="replace"), end="", file=sys.stderr)


def settings(
    directory: Path, database_url: str, redis_url: str = "", limits: Mapping[str, str] = UNLIMITED
) -> dict[str, str]:
    """The site as in production, but for its limits, whatever a developer's `.env` says."""
    return {
        "DEBUG": "0",
        "HTTPS": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "STATIC_ROOT": str(directory / "static"),
        "LOG_LEVEL": "WARNING",
        "CHAT_GUESTS": "1",
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
        **limits,
    }


def prepare(environment: dict[str, str]) -> None:
    """Collect the static files and create the tables, which a site needs before its first start."""
    for arguments in (["collectstatic", "--noinput"], ["migrate"]):
        command = [sys.executable, "manage.py", *arguments, "--verbosity", "0"]
        subprocess.run(command, cwd=BASE_DIR, env=environment, check=True)


def make_people(environment: dict[str, str], count: int, kind: str = "tokens") -> list[str]:
    """Create people. Return the credential of each: `tokens` as for a program or `sessions` as for a browser."""
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.people", kind, str(count)],
        cwd=BASE_DIR,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return made.stdout.split()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with status {process.returncode} before it answered.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(LOOK_SECONDS)
    raise RuntimeError(f"The server did not answer within {START_SECONDS:.0f} s.")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

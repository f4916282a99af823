"""The commands and settings of the site's server processes, and the data that they start with."""

import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

from chat.management.commands.serve import APPLICATION, uvicorn_command

BASE_DIR = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
# Between two looks: how exactly the time until a server answers is known.
LOOK_SECONDS = 0.01
STOP_SECONDS = 20.0
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


def command(kind: str, port: int) -> list[str]:
    """Return the command of `uvicorn`, as in `make serve`, or of a `daphne` that closes no old sockets."""
    if kind == "daphne":
        options = ["-b", "127.0.0.1", "-p", str(port), "-v", "0", "--websocket_timeout", "-1", APPLICATION]
        return [sys.executable, "-m", "daphne", *options]
    return uvicorn_command("--no-access-log", "--log-level=warning", f"--port={port}")


def settings(directory: Path, database_url: str, redis_url: str = "") -> dict[str, str]:
    """Return the environment of a site as in production, whatever a developer's `.env` says."""
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

"""A real server process with a database of its own, as a browser or a program meets it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
POLL_SECONDS = 0.05


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Site:
    """With DEBUG off, so that people see the pages they will see; it takes guests, and as many posts as come."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "DEBUG": "0",
            "HTTPS": "0",
            "SECRET_KEY": "only for a site that lives as long as its tests",
            "ALLOWED_HOSTS": "127.0.0.1",
            "REDIS_URL": "",
            "CHAT_GUESTS": "1",
            "CHAT_GUESTS_PER_MINUTE": "0",
            "CHAT_POSTS_PER_SECOND": "0",
        }

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self._environment, check=True, capture_output=True)

    def start(self) -> None:
        # --insecure: static files without DEBUG.
        command = [sys.executable, "manage.py", "runserver", "--noreload", "--insecure", f"127.0.0.1:{self.port}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)
        self._wait_until_ready()

    def kill(self) -> None:
        """Gone without a word to anybody."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def post_many(self, slug: str, bodies: list[str], reply_to: int | None = None) -> list[int]:
        """Somebody writes all this by the API. The places of the messages."""
        token = self._call("/api/join/", {"name": f"Writer {uuid.uuid4().hex[:12]}"})["token"]
        address = f"/api/rooms/{quote(slug)}/messages/"
        posts = [{"client_id": str(uuid.uuid4()), "body": body, "reply_to": reply_to} for body in bodies]
        return [int(self._call(address, post, token)["message"]["seq"]) for post in posts]

    def _call(self, path: str, fields: dict[str, Any], token: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        with urlopen(Request(self.url + path, json.dumps(fields).encode(), headers)) as answer:
            return dict(json.load(answer))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with urlopen(f"{self.url}/healthz", timeout=START_SECONDS):
                    return
            except (URLError, ConnectionError) as error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The server did not start:\n{self.log.read_text()}") from error
                time.sleep(POLL_SECONDS)

"""The site in processes of its own, as people run it, and clients on real sockets."""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 30

UVICORN = ["-m", "uvicorn", "chatsite.asgi:application", "--host", "127.0.0.1", "--log-level", "warning", "--port"]
DAPHNE = ["-m", "daphne", "-b", "127.0.0.1", "chatsite.asgi:application", "-p"]
SERVERS = {"uvicorn": UVICORN, "daphne": DAPHNE}


class Site:
    """A database of its own and as many server processes over it as a test starts."""

    def __init__(self, folder, **environment):
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "DEBUG": "off",
            "SECRET_KEY": secrets.token_urlsafe(40),
            "ALLOWED_HOSTS": "127.0.0.1",
            "HTTPS": "off",
            "CHAT_GUESTS": "on",
            "CHAT_GUESTS_PER_MINUTE": "0",
            "CHAT_POSTS_PER_SECOND": "0",
            "LOG_LEVEL": "WARNING",
            **environment,
        }
        self._processes = []
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *arguments):
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def start(self, server="uvicorn", port=None):
        """A server process that answers; its port."""
        port = port or free_port()
        command = [sys.executable, *SERVERS[server], str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        self._processes.append((port, process))
        wait_until(lambda: answers(port), f"{server} on port {port}", process)
        return port

    def kill(self, port, with_signal=signal.SIGKILL):
        [process] = [process for its_port, process in self._processes if its_port == port and process.poll() is None]
        process.send_signal(with_signal)
        process.wait(PATIENCE_SECONDS)

    def stop(self):
        for _, process in self._processes:
            process.kill()
            process.wait()

    def guest(self, port, name):
        """A new guest's token."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/join/",
            json.dumps({"name": name}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)["token"]

    def stored(self, slug="lobby"):
        """Every message of a room in its order, as the database has it: (seq, rev, client id, body)."""
        script = (
            "import json; from chat.models import Message; print(json.dumps([[m.seq, m.rev, str(m.client_id), m.body] "
            f"for m in Message.objects.filter(room__slug={slug!r}).order_by('seq')]))"
        )
        return [tuple(row) for row in json.loads(self.manage("shell", "--verbosity", "0", "-c", script))]


class Client:
    """Keeps its cursor and what was not answered, comes back until it is let in, sends again: as a client should."""

    def __init__(self, token, slug="lobby"):
        self.port, self._token, self._slug = None, token, slug
        self.rows, self.cursor, self.resets, self.people = {}, None, 0, {}
        self._unanswered, self._news = {}, asyncio.Condition()
        self._task, self._wire = None, None

    async def follow(self, port):
        """Begin, or go on at another port."""
        self.port = port
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        await self.until(lambda: self._wire is not None)
        return self

    async def post(self, body):
        """Post, and return when it is acknowledged, however often it had to be sent."""
        client_id = str(uuid.uuid4())
        self._unanswered[client_id] = {"type": "post", "ref": client_id, "client_id": client_id, "body": body}
        if self._wire is not None:
            await self._try(self._wire, self._unanswered[client_id])
        await self.until(lambda: client_id not in self._unanswered)
        return client_id

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(condition)

    def log(self):
        return [(seq, *self.rows[seq]) for seq in sorted(self.rows)]

    async def leave(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self):
        while True:
            try:
                await self._connection()
            except (OSError, TimeoutError, InvalidHandshake):
                await asyncio.sleep(0.05)  # nobody is there yet

    async def _connection(self):
        query = f"after={self.cursor}" if self.cursor else "history=200"
        address = f"ws://127.0.0.1:{self.port}/ws/chat/{self._slug}/?{query}"
        headers = {"Authorization": f"Bearer {self._token}"}
        async with connect(
            address, subprotocols=["chat.v1"], additional_headers=headers, max_size=None, compression=None
        ) as wire:
            try:
                async for text in wire:
                    await self._take(wire, json.loads(text))
            except ConnectionClosed:
                return
            finally:
                self._wire = None

    async def _take(self, wire, frame):
        if frame["type"] == "hello":
            self._wire = wire
            for unanswered in list(self._unanswered.values()):
                await self._try(wire, unanswered)
        elif frame["type"] == "reset":
            self.resets, self.cursor = self.resets + 1, frame["cursor"]
        elif frame["type"] == "changes":
            for message in frame["messages"]:
                if message["rev"] > self.rows.get(message["seq"], (0,))[0]:
                    self.rows[message["seq"]] = (message["rev"], message["client_id"], message["body"])
            self.cursor = frame["cursor"]
            await self._try(wire, {"type": "ack", "cursor": self.cursor})
        elif frame["type"] == "ok" and "client_id" in frame:
            self._unanswered.pop(frame["client_id"], None)
        elif frame["type"] == "people":
            self.people |= {person["id"]: person["name"] for person in frame["joined"]}
            self.people = {who: name for who, name in self.people.items() if who not in frame["left"]}
        async with self._news:
            self._news.notify_all()

    async def _try(self, wire, frame):
        """A line that breaks is no failure: what was not answered is sent again."""
        try:
            await wire.send(json.dumps(frame))
        except ConnectionClosed:
            self._wire = None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_SECONDS) as answer:
            return answer.status == 200
    except OSError:
        return False


def wait_until(condition, what, process=None):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process is None or process.poll() is None, f"{what} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{what} is not there"
        time.sleep(0.05)

"""The client in processes of its own, as scripts start it: without the site's code or settings."""

import asyncio
import json
import os
import signal
import subprocess
import sys

from tests.site import PATIENCE_SECONDS, ROOT

CHAT = [sys.executable, "-m", "chat.terminal"]


class Computer:
    """A home folder for the client. Django cannot be set up there."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "DJANGO_SETTINGS_MODULE": "nowhere",
            "DATABASE_URL": "none",
        }

    @property
    def tokens(self):
        return sorted((self.folder / "config/chatsite/tokens").glob("*.json"))

    def run(self, *arguments, input="", **environment):
        """Run the client to its end. Return its exit code, output and errors."""
        return subprocess.run(
            [*CHAT, *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            input=input,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )

    async def start(self, *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, **environment):
        """Start the client. `Running` reads its output."""
        process = await asyncio.create_subprocess_exec(
            *CHAT,
            *arguments,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            limit=2**24,
        )
        return Running(process)


class Running:
    def __init__(self, process):
        self.process = process

    async def line(self):
        """Return the next line of output, or an empty one at its end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self.process.stdout.readline()).decode()

    async def message(self):
        """Return the next line of JSON as a message, or None at the end."""
        line = await self.line()
        return json.loads(line) if line.endswith("\n") else None

    async def error(self):
        """Return the next line of errors."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self.process.stderr.readline()).decode()

    async def write(self, text):
        self.process.stdin.write(text.encode())
        await self.process.stdin.drain()

    async def end(self, with_signal=None, text=None):
        """Return the exit code and the rest of output and errors."""
        if with_signal is not None:
            self.process.send_signal(with_signal)
        async with asyncio.timeout(PATIENCE_SECONDS):
            out, errors = await self.process.communicate(None if text is None else text.encode())
        return self.process.returncode, (out or b"").decode(), errors.decode()

    async def kill(self):
        """Kill the client if it still runs."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.end()

"""The client in processes of its own, as scripts start it without the site's code or settings."""

import asyncio
import json
import os
import signal
import sys
from contextlib import ExitStack, suppress
from subprocess import DEVNULL, PIPE
from typing import NamedTuple

from tests.fork_server import Process
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
        """Run the client to its end in a loop of its own. Return its exit code, output and errors."""

        async def run():
            running = await self.start(*arguments, stdin=PIPE, **environment)
            return Run(*await running.end(text=input))

        return asyncio.run(run())

    async def start(self, *arguments, stdin=DEVNULL, stdout=PIPE, new_session=False, **environment):
        """Start the client. Input and output are those of `subprocess`, or file descriptors."""
        running = Running()
        with ExitStack() as theirs:
            files = [running.feed(stdin), await running.collect(stdout), await running.collect_errors()]
            for file in files:
                theirs.enter_context(file)
            command, environment = ["-m", "chat.terminal", *arguments], {**self.environment, **environment}
            running.process = Process(command, environment, *files, folder=self.folder, new_session=new_session)
        return running


class Run(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


class Running:
    """The client in a fork. The first methods return its end of each of the three streams."""

    process = stdin = stdout = stderr = None

    def feed(self, source):
        if source != PIPE:
            return open(os.devnull) if source == DEVNULL else os.fdopen(os.dup(source), "rb", 0)
        reading, writing = os.pipe()
        self.stdin = os.fdopen(writing, "w", encoding="utf-8")
        return os.fdopen(reading, "rb", 0)

    async def collect(self, target):
        if target != PIPE:
            return os.fdopen(os.dup(target), "wb", 0)
        self.stdout, theirs = await pipe()
        return theirs

    async def collect_errors(self):
        self.stderr, theirs = await pipe()
        return theirs

    async def line(self):
        """Return the next line of output, or an empty one at its end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self.stdout.readline()).decode()

    async def message(self):
        """Return the next line of JSON as a message, or None at the end."""
        line = await self.line()
        return json.loads(line) if line.endswith("\n") else None

    async def error(self):
        """Return the next line of errors."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await self.stderr.readline()).decode()

    async def write(self, text):
        await asyncio.to_thread(print, text, end="", file=self.stdin, flush=True)

    async def end(self, with_signal=None, text=""):
        """Write the end of the input. Return the exit code and the rest of output and errors."""
        if with_signal is not None:
            self.process.send_signal(with_signal)
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, out, errors = await asyncio.gather(self._finish(text), rest_of(self.stdout), rest_of(self.stderr))
        return self.process.wait(PATIENCE_SECONDS), out, errors

    async def _finish(self, text):
        if self.stdin and not self.stdin.closed:
            with suppress(BrokenPipeError):
                await self.write(text)
            with suppress(BrokenPipeError):
                self.stdin.close()

    async def kill(self):
        """Kill the client if it still runs."""
        self.process.send_signal(signal.SIGKILL)
        await self.end()


async def pipe():
    """Return a reader for the lines of a pipe, and the file to write to."""
    reading, writing = os.pipe()
    reader = asyncio.StreamReader(limit=2**24)
    file = os.fdopen(reading, "rb", 0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader, os.fdopen(writing, "wb", 0)


async def rest_of(reader):
    return (await reader.read()).decode() if reader else ""

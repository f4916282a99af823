"""WebSocket tools by other authors, each in a terminal of its own."""

import asyncio
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

from tests.processes.servers import cannot_run
from tests.site import PATIENCE_SECONDS

# The command before the address.
TOOLS = {
    "websockets": [sys.executable, "-m", "websockets"],
    "websocat": ["websocat"],
    "wscat": ["wscat", "--connect"],
}


def command_of(tool):
    program, *options = TOOLS[tool]
    beside = Path(sys.executable).parent / program
    found = str(beside) if beside.exists() else shutil.which(program)
    return [found, *options] if found else cannot_run(tool)


class Tool:
    """A running tool: `type` a line into it, `shows` waits for what it prints."""

    def __init__(self, tool, address):
        self._terminal, theirs = pty.openpty()
        command = [*command_of(tool), address]
        self._process = subprocess.Popen(
            command,
            # Where Debian keeps the modules of wscat, which only its own Node.js looks for there.
            env={**os.environ, "NODE_PATH": "/usr/share/nodejs"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.screen, self._news = "", asyncio.Event()
        asyncio.get_running_loop().add_reader(self._terminal, self._read)

    def type(self, line):
        os.write(self._terminal, f"{line}\r".encode())

    async def shows(self, text):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while text not in self.screen:
                self._news.clear()
                await self._news.wait()

    def close(self):
        asyncio.get_running_loop().remove_reader(self._terminal)
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def _read(self):
        try:
            self.screen += os.read(self._terminal, 65536).decode(errors="replace")
        except OSError:  # the tool has ended, and its terminal with it
            asyncio.get_running_loop().remove_reader(self._terminal)
        self._news.set()

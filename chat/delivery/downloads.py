"""The running downloads of files in this process. They stop when the person loses the file, as sockets do."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from chat.auth.authentication import Credential
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import PeriodicTask
from chat.errors import Code, Refused
from chat.files import access

CHECK_SECONDS = 4.0
# Downloads at the same time, of a process and of each person. One takes two file descriptors and 270 KiB.
MAX_DOWNLOADS = 1000
MAX_DOWNLOADS_EACH = 32
RETRY_SECONDS = 5.0


class RunningDownload:
    """A running download. `stopped` is set when the person has lost access to the file."""

    def __init__(self, credential: Credential, key: str):
        self.use = (credential, key)
        self.stopped = asyncio.Event()


class Downloads(PeriodicTask):
    """Checks all running downloads together, every few seconds and after each change of access."""

    def __init__(self, database: DatabaseThreads):
        super().__init__(self.check, CHECK_SECONDS)
        self._database = database
        self._running: set[RunningDownload] = set()
        self._holds = 0
        self._released = asyncio.Event()
        self._released.set()

    @contextmanager
    def running(self, credential: Credential, key: str) -> Iterator[RunningDownload]:
        """Count a download while it runs. Raise Refused if there are too many."""
        own = sum(it.use[0].person_id == credential.person_id for it in self._running)
        if own >= MAX_DOWNLOADS_EACH or len(self._running) >= MAX_DOWNLOADS:
            raise Refused(Code.UNAVAILABLE, "Too many downloads right now. Try again in a moment.", RETRY_SECONDS)
        download = RunningDownload(credential, key)
        self._running.add(download)
        try:
            yield download
        finally:
            self._running.discard(download)

    def hold(self) -> None:
        """Send nothing more until everyone's access has been checked, which happens now."""
        if self._running:
            self._holds += 1
            self._released.clear()
            self.trigger()

    async def wait(self) -> None:
        """Wait until a download may send its next piece."""
        await self._released.wait()

    async def check(self) -> None:
        holds, running = self._holds, list(self._running)
        if running:
            lost = await self._database.read(access.lost, {it.use for it in running})
            for download in running:
                if download.use in lost:
                    download.stopped.set()
        if holds == self._holds:  # otherwise something has changed since, and the next check follows
            self._released.set()

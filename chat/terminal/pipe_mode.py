"""The client in a pipe: post the standard input and print the events of the room."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from chat.protocol import Frame, Hello, MessageData, Ping, Pong
from chat.terminal.exit_codes import ExitError, SignedOut
from chat.terminal.identity import TerminalIdentity
from chat.terminal.output import OutputClosed, closed, say
from chat.terminal.position import Position
from chat.terminal.posting import Posting
from chat.terminal.printer import Printer
from chat.terminal.room_session import RoomSession, Status
from chat.terminal.site import Site
from chat.terminal.threads import in_thread
from chat.terminal.upload import upload
from chat.transcript.lines import one_line
from chat.transcript.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Task:
    """The options of a run. `input` is the file descriptor to post from, or None."""

    room: str
    input: int | None
    whole: bool = False
    files: tuple[Path, ...] = ()
    follow: bool = False
    as_json: bool = False
    since: Position | None = None
    history: int | None = None
    print_cursor: bool = False
    timeout_seconds: float = 30.0

    @property
    def prints(self) -> bool:
        return self.follow or self.since is not None or self.history is not None

    @property
    def transcript(self) -> Transcript:
        """Return a transcript that covers the requested history, or only new events."""
        if self.since is None:
            return Transcript(live_only=not self.history)
        return Transcript(after=self.since.seq or 0)


class PipeMode:
    """Listens to its own session. Passes events on to the printer and tracks the end of the room's log."""

    def __init__(self, site: Site, identity: TerminalIdentity, token: str, task: Task, out: TextIO, errors: TextIO):
        self._task, self._site, self._identity, self._out, self._errors = task, site, identity, out, errors
        self._printer = Printer(
            out if task.prints else None, errors, task.transcript, as_json=task.as_json, site=site.address.origin
        )
        self._session = RoomSession(site, token, task.room, self, position=task.since, history=task.history or 0)
        self._posting: Posting | None = None
        if task.input is not None or task.files:
            self._posting = Posting(self._session, task.input, whole=task.whole, timeout_seconds=task.timeout_seconds)
        self._head: str | None = None
        self._must_ask = self._has_asked = False
        self._progress = asyncio.Event()

    async def run(self) -> None:
        """Run until all work is done. Raises ExitError, or OutputClosed if the output has no reader."""
        position: Position | None = None
        try:
            await _first_of(self._keep_session(), self._work(), *([closed(self._out)] if self._task.follow else []))
        except ExitError as failure:
            if self._posting is None:
                raise
            raise ExitError(failure.code, f"{failure.sentence} {self._posting.summary}") from failure
        except OutputClosed as end:
            position = end.position
            raise
        finally:
            if self._task.print_cursor and (position := position or self._session.position):
                say(self._errors if self._task.follow else self._out, str(position))

    async def _keep_session(self) -> None:
        while True:
            try:
                await self._session.run()
            except SignedOut as refused:
                self._session.token = await in_thread(self._identity.token_after, refused)

    async def _work(self) -> None:
        while self._session.hello is None:
            await self._something_new()
        if self._posting is not None:
            self._posting.files = [await self._upload(path) for path in self._task.files]
            await self._posting.run()
        if self._task.follow:
            await asyncio.Event().wait()
        elif self._task.prints or self._task.print_cursor:
            await self._catch_up()

    async def _upload(self, path: Path) -> str:
        """Upload a file and return its key. A terminal shows how much has arrived."""

        def report(arrived: int, size: int) -> None:
            if self._errors.isatty():
                print(f"\r{one_line(path.name)}: {arrived * 100 // size} %", end="", file=self._errors, flush=True)
                if arrived == size:
                    say(self._errors, "")

        return await in_thread(upload, self._site, self._session.token, path, report)

    async def _catch_up(self) -> None:
        """Wait until everything up to the end of the log is printed, including what was posted here."""
        while not self._is_at_head():
            if self._must_ask and not self._has_asked:
                self._must_ask, self._has_asked = False, True
                await self._session.tell(Ping())
            await self._something_new()

    def _is_at_head(self) -> bool:
        position = self._session.position
        posted = self._posting.last_seq if self._posting else 0
        return position is not None and position.cursor == self._head and position.top >= posted

    async def _something_new(self) -> None:
        try:
            async with asyncio.timeout(self._task.timeout_seconds):
                await self._progress.wait()
        except TimeoutError as error:
            raise self._session.silence(self._task.timeout_seconds) from error
        self._progress.clear()

    # ---- Events of the session

    def status(self, status: Status) -> None:
        self._printer.status(status)

    def frame(self, frame: Frame) -> None:
        self._printer.frame(frame)
        if isinstance(frame, Hello):
            self._must_ask, self._has_asked = True, False
        elif isinstance(frame, Pong):
            self._head, self._has_asked = frame.cursor, False
        else:
            return
        self._progress.set()

    def messages(self, messages: list[MessageData]) -> None:
        self._printer.messages(messages, self._session.position or Position(""))
        self._must_ask = True
        self._progress.set()


async def _first_of(*work: Coroutine[None, None, None]) -> None:
    """Wait for the first coroutine that ends, and cancel the others."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

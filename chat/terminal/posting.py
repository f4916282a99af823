"""Post the input, line by line or as one message. Each message is acknowledged before the next is sent."""

import asyncio
import uuid
from collections.abc import AsyncIterator

from chat.protocol import MAX_FRAME_IN_BYTES, Post
from chat.terminal.error_messages import reason_of
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.outbox import CommandRefused, Pending
from chat.terminal.reader import LineTooLong, lines_of
from chat.terminal.room_session import RoomSession


class Posting:
    """Posts the text read from a descriptor. `last_seq` is the seq of the last acknowledged message."""

    def __init__(self, session: RoomSession, descriptor: int | None, *, whole: bool, timeout_seconds: float):
        self.last_seq = 0
        self._session, self._descriptor, self._whole, self._timeout = session, descriptor, whole, timeout_seconds
        self._durable = 0
        self._name = "the message" if whole else "line 1"
        self._pending: Pending | None = None
        # The keys of the files of the first message.
        self.files: list[str] = []

    async def run(self) -> None:
        """Post the whole input. ExitError if it cannot be read, or a message is refused or not answered in time."""
        try:
            await (self._post_whole() if self._whole else self._post_lines())
        except LineTooLong as error:
            raise self._refusal("It’s too long.") from error
        except OSError as error:
            raise ExitError(Exit.INPUT_OUTPUT, f"Can’t read the input: {reason_of(error)}.") from error

    @property
    def summary(self) -> str:
        """A sentence on how many messages are saved, and whether one is in doubt."""
        saved = "1 message was saved." if self._durable == 1 else f"{self._durable} messages were saved."
        is_in_doubt = self._pending is not None and self._pending.attempts and not self._pending.answer.done()
        doubt = f" {self._name.capitalize()} may have been saved. Nothing after it was sent."
        return saved + doubt if is_in_doubt else saved

    async def _post_whole(self) -> None:
        text: list[str] = []
        size = 0
        async for line in self._input():
            text.append(line)
            size += len(line)
            if size > MAX_FRAME_IN_BYTES:
                raise LineTooLong
        await self._post("\n".join(text))

    async def _post_lines(self) -> None:
        next_number = 2
        async for text in self._input():
            await self._post(text)
            self._name = f"line {next_number}"
            next_number += 1

    async def _input(self) -> AsyncIterator[str]:
        if self._descriptor is not None:
            async for line in lines_of(self._descriptor, MAX_FRAME_IN_BYTES):
                yield line

    async def _post(self, text: str) -> None:
        if not text.strip() and not self.files:
            return
        files, self.files = self.files, []
        self._pending = self._session.ask(Post(client_id=uuid.uuid4(), body=text, files=files))
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._pending.wait()
        except TimeoutError as error:
            raise self._session.silence(self._timeout) from error
        except CommandRefused as refused:
            raise self._refusal(refused.detail) from refused
        self._durable += 1
        self.last_seq = answer.seq or 0

    def _refusal(self, detail: str) -> ExitError:
        return ExitError(Exit.REFUSED, f"{self._name.capitalize()} was rejected: {detail} Nothing after it was sent.")

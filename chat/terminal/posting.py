"""What comes in, posted: each line, or all of it, one after the other, each durable before the next."""

import asyncio
import uuid

from chat.protocol import MAX_FRAME_IN_BYTES, Post
from chat.terminal.error_messages import reason_of
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.outbox import Pending, Refused
from chat.terminal.reader import LineTooLong, lines_of
from chat.terminal.room_session import RoomSession


class Posting:
    """Posts what can be read from a descriptor. `last_seq` is the place of the last message that is durable."""

    def __init__(self, line: RoomSession, descriptor: int, *, whole: bool, timeout_seconds: float):
        self.last_seq = 0
        self._line, self._descriptor, self._whole, self._timeout = line, descriptor, whole, timeout_seconds
        self._durable = 0
        self._name = "the message" if whole else "line 1"
        self._pending: Pending | None = None

    async def run(self) -> None:
        """To the end of the input. Failure when it cannot be read, or a message is refused, or not answered for too
        long."""
        try:
            await (self._post_whole() if self._whole else self._post_lines())
        except LineTooLong as error:
            raise self._refusal("It’s too long.") from error
        except OSError as error:
            raise ExitError(Exit.INPUT_OUTPUT, f"Can’t read the input: {reason_of(error)}.") from error

    @property
    def summary(self) -> str:
        """What is certain about what was asked for so far."""
        saved = "1 message was saved." if self._durable == 1 else f"{self._durable} messages were saved."
        is_in_doubt = self._pending is not None and self._pending.attempts and not self._pending.answer.done()
        doubt = f" {self._name.capitalize()} may have been saved. Nothing after it was sent."
        return saved + doubt if is_in_doubt else saved

    async def _post_whole(self) -> None:
        text: list[str] = []
        size = 0
        async for line in lines_of(self._descriptor, MAX_FRAME_IN_BYTES):
            text.append(line)
            size += len(line)
            if size > MAX_FRAME_IN_BYTES:
                raise LineTooLong
        await self._post("\n".join(text))

    async def _post_lines(self) -> None:
        next_number = 2
        async for text in lines_of(self._descriptor, MAX_FRAME_IN_BYTES):
            await self._post(text)
            self._name = f"line {next_number}"
            next_number += 1

    async def _post(self, text: str) -> None:
        if not text.strip():
            return
        self._pending = self._line.ask(Post(client_id=uuid.uuid4(), body=text))
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._pending.wait()
        except TimeoutError as error:
            raise self._line.silence(self._timeout) from error
        except Refused as refused:
            raise self._refusal(refused.detail) from refused
        self._durable += 1
        self.last_seq = answer.seq or 0

    def _refusal(self, detail: str) -> ExitError:
        return ExitError(Exit.REFUSED, f"{self._name.capitalize()} was rejected: {detail} Nothing after it was sent.")

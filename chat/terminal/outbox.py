"""The queue of unanswered commands, in order, across connections."""

import asyncio
import itertools
import typing
from collections import deque

import msgspec

from chat import protocol
from chat.protocol import MAX_FRAME_IN_BYTES, Code, Command, Delete, Ok

# Errors after which the client sends the command again, unless it would have to wait longer than this.
RETRYABLE = (Code.RATE_LIMITED, Code.BUSY, Code.UNAVAILABLE)
MOST_RETRY_SECONDS = 60.0


class Wire(typing.Protocol):
    """The part of a connection that the outbox uses."""

    async def send(self, text: str, /) -> None: ...


class CommandRefused(Exception):
    """The site refused a command, with an error code and a sentence."""

    def __init__(self, code: Code, detail: str):
        super().__init__(detail)
        self.code, self.detail = code, detail


class Pending:
    """A command without an answer yet. `answer` resolves to the site's `ok`, or raises CommandRefused."""

    def __init__(self, command: Command):
        self.command = command
        loop = asyncio.get_running_loop()
        self.since = loop.time()
        self.answer: asyncio.Future[Ok] = loop.create_future()
        self.answer.add_done_callback(_mark_retrieved)
        self.attempts = 0

    @property
    def text(self) -> str:
        return getattr(self.command, "body", "")

    async def wait(self) -> Ok:
        """Return the answer. Cancelling the caller does not cancel the command."""
        return await asyncio.shield(self.answer)

    def take(self, reply: protocol.Ok | protocol.Error) -> None:
        if isinstance(reply, protocol.Ok):
            self.answer.set_result(reply)
        elif self.attempts > 1 and isinstance(self.command, Delete) and reply.code is Code.NOT_FOUND:
            self.answer.set_result(Ok(ref=self.command.ref))  # an earlier attempt deleted it
        else:
            self.answer.set_exception(CommandRefused(reply.code, reply.detail))


class Outbox:
    """Sends one command at a time, so that a rate-limited command is never overtaken by the next one.

    A command is sent again, on this connection or the next, until it is answered. All commands are idempotent.
    """

    def __init__(self) -> None:
        self._waiting: deque[Pending] = deque()
        self._refs = map(str, itertools.count(1))
        self._changed = asyncio.Event()
        self._reply: asyncio.Future[protocol.Ok | protocol.Error] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def waiting(self) -> list[Pending]:
        return list(self._waiting)

    def add(self, command: Command) -> Pending:
        pending = Pending(msgspec.structs.replace(command, ref=next(self._refs)))
        if len(pending.command.encode().encode()) > MAX_FRAME_IN_BYTES:
            # The server cannot read the `ref` of an oversized frame, so the command would be sent again forever.
            pending.answer.set_exception(CommandRefused(Code.TOO_LONG, "It’s too long."))
            return pending
        self._waiting.append(pending)
        self._changed.set()
        return pending

    def take(self, reply: protocol.Ok | protocol.Error) -> None:
        """Handle the answer to the newest command. Other answers are ignored."""
        if self._reply and not self._reply.done() and self._waiting and reply.ref == self._waiting[0].command.ref:
            self._reply.set_result(reply)

    async def empty_into(self, wire: Wire, posts_per_second: float) -> None:
        """Send the commands one after the other for as long as the connection lasts."""
        pace = 1 / posts_per_second if posts_per_second else 0.0
        gap = 0.0
        while True:
            await self._wait_for_command()
            pending = self._waiting[0]
            reply = await self._ask(wire, pending)
            if isinstance(reply, protocol.Error) and _is_retryable(reply):
                if reply.code is Code.RATE_LIMITED:
                    # After a rate limit, continue at the allowed pace instead of being refused each time. Slow down
                    # further if that is not enough: other limits or other clients of this person may count too.
                    gap = max(pace, 1.5 * gap, reply.retry_after or 0.0)
                await asyncio.sleep(reply.retry_after or 1.0)
                continue
            self._waiting.popleft()
            pending.take(reply)
            await asyncio.sleep(gap)

    async def _ask(self, wire: Wire, pending: Pending) -> protocol.Ok | protocol.Error:
        self._reply = asyncio.get_running_loop().create_future()
        pending.attempts += 1
        await wire.send(pending.command.encode())
        return await self._reply

    async def _wait_for_command(self) -> None:
        while not self._waiting:
            self._changed.clear()
            await self._changed.wait()


def _is_retryable(reply: protocol.Error) -> bool:
    return reply.code in RETRYABLE and (reply.retry_after or 0.0) <= MOST_RETRY_SECONDS


def _mark_retrieved(answer: asyncio.Future[Ok]) -> None:
    """Mark the exception as retrieved, so that asyncio does not log a refusal that no caller awaits."""
    if not answer.cancelled():
        answer.exception()

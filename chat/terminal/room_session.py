"""The line to one room: connects, comes back by itself, and neither misses nor repeats anything."""

import asyncio
import typing
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from chat.protocol import Close, Command, Frame, Hello, MessageData
from chat.terminal.backoff import Backoff
from chat.terminal.connection import NOT_UNDERSTOOD, SocketSession
from chat.terminal.dialing import Dial
from chat.terminal.error_messages import Unreachable, failure_of, no_chat
from chat.terminal.exit_codes import Exit, ExitError, SignedOut
from chat.terminal.history_sync import HistorySync
from chat.terminal.outbox import Outbox, Pending
from chat.terminal.position import Position
from chat.terminal.site import HistoryPageReply, Site
from chat.terminal.threads import in_thread

FLOODING_DELAY_SECONDS = 30.0

FINAL = {
    Close.BAD_PROTOCOL: (Exit.NO_CHAT, "This client is not compatible with the server"),
    Close.FORBIDDEN: (Exit.NOT_ADMITTED, "You were removed from the room"),
    Close.NO_SUCH_ROOM: (Exit.NOT_ADMITTED, "There is no such room"),
}


@dataclass(frozen=True, slots=True)
class Status:
    """Whether the line is there; if not, why, and when it is tried again, by the loop's clock."""

    is_online: bool
    reason: str = ""
    retry_at: float = 0.0


class Listener(typing.Protocol):
    """Who hears what the site says. None of it may block for long."""

    def status(self, status: Status) -> None: ...

    def messages(self, messages: list[MessageData]) -> None:
        """New and changed ones, each in its present state; none, if a frame held only what was read before. The line's
        `position` still is the one before them."""

    def frame(self, frame: Frame) -> None:
        """Everything else."""


class RoomSession:
    """`run` it, and the listener hears everything in the room.

    `position` is where to resume from; without it, the newest `history` messages come first. `insist`: a site that does
    not answer at the first attempt is tried again, like one that goes away later.
    """

    def __init__(
        self,
        site: Site,
        token: str,
        room: str,
        listener: Listener,
        *,
        position: Position | None = None,
        history: int = 0,
        insist: bool = True,
    ):
        self.token, self.room = token, room
        self.hello: Hello | None = None
        self.outbox = Outbox()
        self._site, self._listener, self._insist = site, listener, insist
        self._reading = HistorySync(listener.messages, position, history)
        self._wire: ClientConnection | None = None
        self._backoff = Backoff()
        self._lost_because = "no answer in time"

    # ---- What others call

    @property
    def is_online(self) -> bool:
        return self._wire is not None

    @property
    def position(self) -> Position | None:
        """How far the room was read."""
        return self._reading.position

    def ask(self, command: Command) -> Pending:
        """Ask for something that has to be answered, as soon as there is a line, however often it breaks."""
        return self.outbox.add(command)

    async def tell(self, command: Command) -> None:
        """Say something that matters only now, if there is a line."""
        if self._wire is not None:
            with suppress(ConnectionClosed):
                await self._wire.send(command.encode())

    def retry(self) -> None:
        """Do not wait any longer before the next attempt."""
        self._backoff.hurry()

    def silence(self, seconds: float) -> ExitError:
        """What to say to whoever has waited so long."""
        if self.hello is None:
            return Unreachable(self._site.address, self._lost_because)
        reason = "" if self.is_online else f" ({self._lost_because})"
        return ExitError(Exit.NO_ANSWER, f"No answer from {self._site.address.origin} in {seconds:g} s{reason}.")

    async def run(self) -> NoReturn:
        """Follow the room until cancelled. Failure when there is no sense in coming back."""
        while True:
            try:
                await self._connect()
            except (OSError, WebSocketException, ImportError, Unreachable) as error:
                self._consider(error)
            await self._backoff.pause(self._say_offline)

    # ---- One connection

    async def _connect(self) -> None:
        async with Dial(self._site.address, self.room, self.token, self._reading.cursor) as wire:
            connection = SocketSession(wire, self._reading, self.outbox, self._listener.frame, self._page)
            try:
                hello = await connection.greeting()
                self._come_in(wire, hello)
                await connection.stay(hello)
            except ConnectionClosed:
                self._lost_because = connection.farewell or (
                    "connection lost" if self.is_online else "connection closed"
                )
                self._backoff.asked = connection.retry_after
            except NOT_UNDERSTOOD as error:
                raise no_chat(self._site.address) from error
            finally:
                self._wire = None
        self._judge(wire.close_code)

    def _come_in(self, wire: ClientConnection, hello: Hello) -> None:
        self.hello, self._wire = hello, wire
        self._backoff.reset()
        self._listener.status(Status(is_online=True))
        self._listener.frame(hello)

    async def _page(self, after: int | None, limit: int) -> HistoryPageReply:
        place = {} if after is None else {"after": after}
        return await in_thread(self._site.messages, self.token, self.room, limit=limit, **place)

    # ---- The end of a connection

    def _judge(self, close_code: int | None) -> None:
        """Failure if it makes no sense to come back."""
        if close_code == Close.UNAUTHENTICATED:
            raise SignedOut("You’ve been signed out.")
        if close_code in FINAL:
            code, sentence = FINAL[close_code]
            raise ExitError(code, f"{sentence}: {self.room} at {self._site.address.origin}.")
        if self.hello is None and not self._insist:
            raise Unreachable(self._site.address, self._lost_because)
        if close_code in (Close.RATE_LIMITED, Close.POLICY):
            self._backoff.asked = FLOODING_DELAY_SECONDS

    def _consider(self, error: Exception) -> None:
        """What the broken connection means: Failure, or why the line is lost.

        Whoever was in once comes back also to what looks like another site: a server that is being replaced."""
        failure = error if isinstance(error, ExitError) else failure_of(self._site.address, error)
        may_return = self.hello is not None or (self._insist and isinstance(failure, Unreachable))
        if not may_return:
            raise failure from error
        self._lost_because = failure.reason if isinstance(failure, Unreachable) else failure.sentence

    def _say_offline(self, seconds: float) -> None:
        retry_at = asyncio.get_running_loop().time() + seconds
        self._listener.status(Status(False, self._lost_because, retry_at))

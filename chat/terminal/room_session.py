"""A lasting session in one room. It reconnects by itself, without gaps or duplicates."""

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
    """The state of the connection. If offline: the reason, and the time of the next attempt on the loop's clock."""

    is_online: bool
    reason: str = ""
    retry_at: float = 0.0


class Listener(typing.Protocol):
    """The receiver of a session's events. Its methods must not block for long."""

    def status(self, status: Status) -> None: ...

    def messages(self, messages: list[MessageData]) -> None:
        """Handle new and changed messages, each in its present state. The list is empty if a frame held only messages
        that were read before. The session's `position` is still the one before these messages."""

    def frame(self, frame: Frame) -> None:
        """Handle any other frame."""


class RoomSession:
    """A session in a room. While `run` runs, the listener receives every event of the room.

    `position` is where to resume from. Without it, the newest `history` messages come first. `insist` also retries if
    the first attempt gets no answer. Later failures are always retried.
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
        self._sync = HistorySync(listener.messages, position, history)
        self._wire: ClientConnection | None = None
        self._backoff = Backoff()
        self._lost_because = "no answer in time"

    # ---- Public methods

    @property
    def is_online(self) -> bool:
        return self._wire is not None

    @property
    def position(self) -> Position | None:
        """The read position in the room."""
        return self._sync.position

    def ask(self, command: Command) -> Pending:
        """Queue a command that needs an answer. It is sent when there is a connection, and again if that breaks."""
        return self.outbox.add(command)

    async def tell(self, command: Command) -> None:
        """Send a command that matters only now. It is dropped while offline."""
        if self._wire is not None:
            with suppress(ConnectionClosed):
                await self._wire.send(command.encode())

    def retry(self) -> None:
        """Try again now instead of waiting."""
        self._backoff.skip_delay()

    def silence(self, seconds: float) -> ExitError:
        """Return the error for a command that was not answered within `seconds`."""
        if self.hello is None:
            return Unreachable(self._site.address, self._lost_because)
        reason = "" if self.is_online else f" ({self._lost_because})"
        return ExitError(Exit.NO_ANSWER, f"No answer from {self._site.address.origin} in {seconds:g} s{reason}.")

    async def run(self) -> NoReturn:
        """Follow the room until cancelled. Raises ExitError if reconnecting is pointless."""
        while True:
            try:
                await self._connect()
            except (OSError, WebSocketException, ImportError, Unreachable) as error:
                self._check_failure(error)
            await self._backoff.pause(self._say_offline)

    # ---- One connection

    async def _connect(self) -> None:
        async with Dial(self._site.address, self.room, self.token, self._sync.cursor) as wire:
            connection = SocketSession(wire, self._sync, self.outbox, self._listener.frame, self._page)
            try:
                hello = await connection.greeting()
                self._on_hello(wire, hello)
                await connection.stay(hello)
            except ConnectionClosed:
                self._lost_because = connection.close_reason or (
                    "connection lost" if self.is_online else "connection closed"
                )
                self._backoff.asked = connection.retry_after
            except NOT_UNDERSTOOD as error:
                raise no_chat(self._site.address) from error
            finally:
                self._wire = None
        self._check_close_code(wire.close_code)

    def _on_hello(self, wire: ClientConnection, hello: Hello) -> None:
        self.hello, self._wire = hello, wire
        self._backoff.reset()
        self._listener.status(Status(is_online=True))
        self._listener.frame(hello)

    async def _page(self, after: int | None, limit: int) -> HistoryPageReply:
        bound = {} if after is None else {"after": after}
        return await in_thread(self._site.messages, self.token, self.room, limit=limit, **bound)

    # ---- The end of a connection

    def _check_close_code(self, close_code: int | None) -> None:
        """Raise ExitError if the close code makes reconnecting pointless."""
        if close_code == Close.UNAUTHENTICATED:
            raise SignedOut("You’ve been signed out.")
        if close_code in FINAL:
            code, sentence = FINAL[close_code]
            raise ExitError(code, f"{sentence}: {self.room} at {self._site.address.origin}.")
        if self.hello is None and not self._insist:
            raise Unreachable(self._site.address, self._lost_because)
        if close_code in (Close.RATE_LIMITED, Close.POLICY):
            self._backoff.asked = FLOODING_DELAY_SECONDS

    def _check_failure(self, error: Exception) -> None:
        """Raise ExitError for a permanent failure, otherwise remember why the connection was lost.

        A client that was connected before retries every failure: the server may be in the middle of a deployment.
        """
        failure = error if isinstance(error, ExitError) else failure_of(self._site.address, error)
        may_return = self.hello is not None or (self._insist and isinstance(failure, Unreachable))
        if not may_return:
            raise failure from error
        self._lost_because = failure.reason if isinstance(failure, Unreachable) else failure.sentence

    def _say_offline(self, seconds: float) -> None:
        retry_at = asyncio.get_running_loop().time() + seconds
        self._listener.status(Status(False, self._lost_because, retry_at))

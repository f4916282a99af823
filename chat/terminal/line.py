"""The line to one room: connects, comes back by itself, and neither misses nor repeats anything."""

import asyncio
import typing
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from chat import protocol
from chat.protocol import SUBPROTOCOL, Bye, Changes, Close, Code, Command, Error, Frame, Hello, Message, Ok, Pong, Reset
from chat.terminal.backoff import Backoff
from chat.terminal.dialing import Dial
from chat.terminal.exits import Exit, Failure, SignedOut
from chat.terminal.outbox import Outbox, Pending
from chat.terminal.position import Position
from chat.terminal.reading import Reading
from chat.terminal.site import Page, Site
from chat.terminal.threads import in_thread
from chat.terminal.trouble import Unreachable, failure_of, no_chat
from chat.terminal.watch import Watch

GREETING_SECONDS = 10.0
FLOODING_DELAY_SECONDS = 30.0

FINAL = {
    Close.BAD_PROTOCOL: (Exit.NO_CHAT, "The site does not understand this client"),
    Close.SHOWN_OUT: (Exit.NOT_ADMITTED, "You were shown out"),
    Close.NO_SUCH_ROOM: (Exit.NOT_ADMITTED, "There is no such room"),
}
NOT_UNDERSTOOD = (protocol.FrameError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Status:
    """Whether the line is there; if not, why, and when it is tried again, by the loop's clock."""

    is_online: bool
    reason: str = ""
    retry_at: float = 0.0


class Listener(typing.Protocol):
    """Who hears what the site says. None of it may block for long."""

    def status(self, status: Status) -> None: ...

    def messages(self, messages: list[Message]) -> None:
        """New and changed ones, each in its present state; none, if a frame held only what was read before. The line's
        `position` still is the one before them."""

    def frame(self, frame: Frame) -> None:
        """Everything else."""


class Line:
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
        self._reading = Reading(listener.messages, position, history)
        self._wire: ClientConnection | None = None
        self._watch: Watch
        self._backoff = Backoff()
        self._lost_because = "no answer in time"
        # What was said about the end of the connection before it came.
        self._farewell = ""

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

    def silence(self, seconds: float) -> Failure:
        """What to say to whoever has waited so long."""
        if self.hello is None:
            return Unreachable(self._site.address, self._lost_because)
        reason = "" if self.is_online else f" ({self._lost_because})"
        return Failure(Exit.NO_ANSWER, f"No answer from {self._site.address.origin} in {seconds:g} s{reason}.")

    async def run(self) -> NoReturn:
        """Follow the room until cancelled. Failure when there is no sense in coming back."""
        while True:
            try:
                await self._connection()
            except (OSError, WebSocketException, ImportError, Unreachable) as error:
                self._consider(error)
            await self._backoff.pause(self._say_offline)

    # ---- One connection

    async def _connection(self) -> None:
        async with Dial(self._site.address, self.room, self.token, self._reading.cursor) as wire:
            self._farewell = ""
            try:
                await self._stay(wire, await self._greeting(wire))
            except ConnectionClosed:
                self._lost_because = self._farewell or ("the line broke" if self.is_online else "it hangs up")
            except NOT_UNDERSTOOD as error:
                raise no_chat(self._site.address) from error
            finally:
                self._wire = None
        self._judge(wire.close_code)

    async def _greeting(self, wire: ClientConnection) -> Hello:
        """The first frame. Whatever comes instead says why the line is about to be closed."""
        if wire.subprotocol != SUBPROTOCOL:
            raise no_chat(self._site.address)
        async with asyncio.timeout(GREETING_SECONDS):
            while not isinstance(frame := protocol.read(await wire.recv()), Hello):
                if not isinstance(frame, Error | Bye):
                    raise no_chat(self._site.address)
                self._note(frame)
        return frame

    async def _stay(self, wire: ClientConnection, hello: Hello) -> None:
        self._watch = Watch(wire, hello.heartbeat, lambda: self._reading.cursor)
        serving = asyncio.create_task(self._serve(wire, self._watch, hello.limits.posts_per_second))
        try:
            await self._come_in(wire, hello)
            while True:
                frame = protocol.read(await wire.recv())
                self._watch.heard()
                if frame is not None:
                    await self._take(frame)
        finally:
            await _end(serving)

    async def _serve(self, wire: ClientConnection, watch: Watch, posts_per_second: float) -> None:
        """Everything this side says by itself, until the connection ends."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.outbox.empty_into(wire, posts_per_second))
                await watch.run()
                self._farewell = "the site does not answer any more"
                wire.transport.abort()
        except* ConnectionClosed:
            pass
        except* Exception:
            wire.transport.abort()  # whoever reads from it then finds this task's failure
            raise

    # ---- What the site says

    async def _come_in(self, wire: ClientConnection, hello: Hello) -> None:
        self.hello, self._wire = hello, wire
        self._backoff.reset()
        self._listener.status(Status(is_online=True))
        self._listener.frame(hello)
        if self._reading.begin(hello):
            await self._reading.load(hello.cursor, self._page)

    async def _take(self, frame: Frame) -> None:
        match frame:
            case Changes():
                self._watch.took(self._reading.take(frame))
                return
            case Ok() | Error(ref=str()):
                self.outbox.take(frame)
            case Error() | Bye():
                self._note(frame)
            case Pong():
                self._reading.reach(frame.cursor)
        self._listener.frame(frame)
        if isinstance(frame, Reset):
            await self._reading.load(frame.cursor, self._page)

    def _note(self, frame: Error | Bye) -> None:
        """Why the line is about to break, and when to come back."""
        if isinstance(frame, Bye):
            self._farewell, self._backoff.asked = f"the site says: {frame.reason}", frame.reconnect_after
        else:
            self._farewell, self._backoff.asked = frame.detail, frame.retry_after
            if frame.code is Code.SIGNED_OUT:
                raise SignedOut(frame.detail)

    async def _page(self, after: int | None, limit: int) -> Page:
        place = {} if after is None else {"after": after}
        page = await in_thread(self._site.messages, self.token, self.room, limit=limit, **place)
        self._watch.heard()  # nobody has read from the socket meanwhile
        return page

    # ---- The end of a connection

    def _judge(self, close_code: int | None) -> None:
        """Failure if it makes no sense to come back."""
        if close_code == Close.SIGN_IN:
            raise SignedOut("You were signed out.")
        if close_code in FINAL:
            code, sentence = FINAL[close_code]
            raise Failure(code, f"{sentence}: {self.room} at {self._site.address.origin}.")
        if self.hello is None and not self._insist:
            raise Unreachable(self._site.address, self._lost_because)
        if close_code == Close.FLOODING:
            self._backoff.asked = FLOODING_DELAY_SECONDS

    def _consider(self, error: Exception) -> None:
        """What the broken connection means: Failure, or why the line is lost.

        Whoever was in once comes back also to what looks like another site: a server that is being replaced."""
        failure = error if isinstance(error, Failure) else failure_of(self._site.address, error)
        may_return = self.hello is not None or (self._insist and isinstance(failure, Unreachable))
        if not may_return:
            raise failure from error
        self._lost_because = failure.reason if isinstance(failure, Unreachable) else failure.sentence

    def _say_offline(self, seconds: float) -> None:
        retry_at = asyncio.get_running_loop().time() + seconds
        self._listener.status(Status(False, self._lost_because, retry_at))


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task; raises what it failed with before."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

"""One WebSocket connection to a room, from the `hello` frame to its end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from chat import protocol
from chat.protocol import SUBPROTOCOL, Bye, Changes, Code, Error, Frame, FrameError, Hello, Ok, Pong, Reset
from chat.terminal.exit_codes import SignedOut
from chat.terminal.history_sync import HistorySync, PageOf
from chat.terminal.keepalive import Keepalive
from chat.terminal.outbox import Outbox
from chat.terminal.site import HistoryPageReply

GREETING_SECONDS = 10.0
# The errors of reading a frame when the server speaks another protocol.
NOT_UNDERSTOOD = (FrameError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class SocketSession:
    """Wait for the `greeting`, then `stay`. Both end with ConnectionClosed, or raise one of NOT_UNDERSTOOD.

    `close_reason` is the reason the server gave before it closed the connection, and `retry_after` its delay in
    seconds.
    """

    def __init__(
        self,
        wire: ClientConnection,
        sync: HistorySync,
        outbox: Outbox,
        tell: Callable[[Frame], None],
        page_of: PageOf,
    ):
        self.close_reason = ""
        self.retry_after: float | None = None
        self._wire, self._sync, self._outbox = wire, sync, outbox
        self._tell, self._page_of = tell, page_of
        self._keepalive: Keepalive
        self._size = 0  # bytes of the newest frame

    async def greeting(self) -> Hello:
        """Return the first frame. If the server refuses the connection, it sends the reason instead and closes."""
        if self._wire.subprotocol != SUBPROTOCOL:
            raise FrameError(Code.BAD_FRAME, "The server did not accept the subprotocol.")
        async with asyncio.timeout(GREETING_SECONDS):
            while not isinstance(frame := await self._receive(), Hello):
                if not isinstance(frame, Error | Bye):
                    raise FrameError(Code.BAD_FRAME, "The server did not send a hello frame.")
                self._note(frame)
        return frame

    async def stay(self, hello: Hello) -> None:
        """Read frames until the connection ends. Meanwhile send commands, acknowledgements and pings."""
        self._keepalive = Keepalive(self._wire, hello.heartbeat, lambda: self._sync.cursor, hello.limits.window)
        serving = asyncio.create_task(self._serve(hello.limits.posts_per_second))
        try:
            if self._sync.begin(hello):
                await self._sync.load(hello.cursor, self._page)
            while True:
                frame = await self._receive()
                self._keepalive.heard()
                size = self._size
                if frame is not None:
                    await self._take(frame)
                    if not isinstance(frame, Pong):  # an answer to our own ping
                        self._keepalive.took(size)
        finally:
            await _end(serving)

    async def _receive(self) -> Frame | None:
        data = await self._wire.recv(decode=False)
        self._size = len(data)
        return protocol.read(data)

    async def _serve(self, posts_per_second: float) -> None:
        """Send the outbox, acknowledgements and pings until the connection ends."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._outbox.empty_into(self._wire, posts_per_second))
                await self._keepalive.run()
                self.close_reason = "the server stopped responding"
                self._wire.transport.abort()
        except* ConnectionClosed:
            pass
        except* Exception:
            self._wire.transport.abort()  # the task that reads from the socket then raises this failure
            raise

    async def _take(self, frame: Frame) -> None:
        match frame:
            case Changes():
                self._sync.take(frame)
                return
            case Ok() | Error(ref=str()):
                self._outbox.take(frame)
            case Error() | Bye():
                self._note(frame)
            case Pong():
                self._sync.reach(frame.cursor)
        self._tell(frame)
        if isinstance(frame, Reset):
            await self._sync.load(frame.cursor, self._page)

    def _note(self, frame: Error | Bye) -> None:
        """Remember why the server is about to close the connection, and when to reconnect."""
        if isinstance(frame, Bye):
            self.close_reason, self.retry_after = (
                f"the server closed the connection: {frame.reason}",
                frame.reconnect_after,
            )
        else:
            self.close_reason, self.retry_after = frame.detail, frame.retry_after
            if frame.code is Code.SIGNED_OUT:
                raise SignedOut(frame.detail)

    async def _page(self, after: int | None, limit: int) -> HistoryPageReply:
        page = await self._page_of(after, limit)
        self._keepalive.heard()  # the request took time in which no task read from the socket
        return page


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task. If it has failed before, raise its error."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

"""One connection of the load generator, in any dialect. It does the least work per frame that is still honest."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol, cast

import msgspec

from benchmarks import websocket
from benchmarks.load.decoder import SharedDecoder
from benchmarks.load.dialect import Decoded, NotUnderstood, Visitor

ACK_MESSAGES = 50

# asyncio and uvloop fill the buffer and hand it over in one step, so all connections of a loop can share it.
_buffer = memoryview(bytearray(256 * 1024))


class Listener(Protocol):
    """The receiver of a connection's events. `advanced` gets the number of messages before and after."""

    def entered(self, connection: "Connection") -> None: ...

    def advanced(self, connection: "Connection", before: int, after: int) -> None: ...

    def received(self, connection: "Connection", decoded: Decoded) -> None: ...

    def closed(self, connection: "Connection", reason: str) -> None: ...


class Connection(asyncio.BufferedProtocol):
    """`log` holds what came with messages in it, in the order it came; `posts` counts these. `cursor` is the newest."""

    def __init__(self, listener: Listener, decoder: SharedDecoder, visitor: Visitor):
        self.log: list[Decoded] = []
        self.posts = 0
        self.visitor, self.cursor = visitor, ""
        self._listener, self._dialect, self._decoder = listener, decoder.dialect, decoder
        self._acked = 0
        self._key = websocket.new_key()
        self._reader = websocket.FrameReader()
        self._take: Callable[[bytes], None] = self._take_handshake
        self._answer = b""
        self._reason = "closed without a word"

    # ---- The stream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        path, headers = self._dialect.path(self.visitor), self._dialect.headers(self.visitor)
        self._transport.write(websocket.handshake("127.0.0.1", path, self._key, headers))

    def get_buffer(self, sizehint: int) -> memoryview:
        return _buffer

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._take(bytes(_buffer[:nbytes]))
        except (websocket.WebSocketError, NotUnderstood, msgspec.DecodeError, ValueError) as error:
            self._reason = str(error)
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.closed(self, self._reason)

    def _take_handshake(self, data: bytes) -> None:
        self._answer += data
        answer, end, rest = self._answer.partition(b"\r\n\r\n")
        if not end:
            return
        websocket.check_handshake(answer, self._key, self._dialect.subprotocol)
        self._take = self._take_frames
        if greeting := self._dialect.greeting(self.visitor):
            self.say(greeting)
        if self._dialect.is_in_at_once:
            self._listener.entered(self)
        if rest:
            self._take(rest)

    def _take_frames(self, data: bytes) -> None:
        is_between = self._reader.is_between_messages
        if is_between and (known := self._decoder.whole_read(data)) is not None:
            self._advance(known)
            return
        messages = self._reader.feed(data)
        whole = None
        if is_between and self._reader.is_between_messages:
            whole = self._decoder.remember(data, messages)
        if whole is not None:
            self._advance(whole)
            return
        for opcode, payload in messages:
            self._take_message(opcode, payload)

    def _take_message(self, opcode: int, payload: bytes) -> None:
        if opcode == websocket.TEXT:
            self._take_text(self._decoder.frame(payload))
        elif opcode == websocket.PING:
            self._transport.write(websocket.client_frame(websocket.PONG, payload))
        elif opcode == websocket.CLOSE:
            self._reason = f"closed with {int.from_bytes(payload[:2], 'big')} {payload[2:].decode()}".strip()
            self._transport.write(websocket.client_frame(websocket.CLOSE, payload[:2]))
            self._transport.close()

    # ---- Frames

    def _take_text(self, decoded: Decoded) -> None:
        if decoded.posts:
            self._advance(decoded)
            return
        if decoded.reply:
            self.say(self._dialect.reply(decoded, self.visitor))
        if decoded.is_in:
            self.cursor = decoded.cursor
            self._listener.entered(self)
        else:
            self._listener.received(self, decoded)

    def _advance(self, decoded: Decoded) -> None:
        decoded.last_at = time.perf_counter()
        self.log.append(decoded)
        before = self.posts
        self.posts = before + len(decoded.posts)
        self.cursor = decoded.cursor
        if decoded.cursor and self.posts - self._acked >= ACK_MESSAGES:
            self.acknowledge()
        self._listener.advanced(self, before, self.posts)

    def acknowledge(self) -> None:
        """Tell the server what is held, if it wants to know and that is news."""
        if self.posts > self._acked and (text := self._dialect.acknowledgement(self.cursor)):
            self.say(text)
        self._acked = self.posts

    def post(self, number: int) -> None:
        self.say(self._dialect.post(number, self.visitor))

    def say(self, text: str) -> None:
        self._transport.write(websocket.client_frame(websocket.TEXT, text.encode()))

    def close(self) -> None:
        """Say goodbye, unless the server has hung up."""
        if not self._transport.is_closing():
            self._transport.write(websocket.client_frame(websocket.CLOSE, (1000).to_bytes(2, "big")))

    def abort(self) -> None:
        self._transport.abort()

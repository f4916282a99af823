"""One connection of the load generator: handshake, log, acks. It does the least work per frame that is still honest."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol, cast

import msgspec

from benchmarks import websocket
from benchmarks.chunks import Chunk, ChunkReader
from chat import protocol

ACK_MESSAGES = 50
NOT_CLOSED_PROPERLY = 1006

# asyncio and uvloop fill the buffer and hand it over in one step, so all connections of a loop can share it.
_buffer = memoryview(bytearray(256 * 1024))
_CHANGES = b'{"type":"changes"'


class Welcome(protocol.Frame, tag="hello", frozen=True, kw_only=True):
    """The fields read from a hello. The people are skipped: in a large room they are most of it, one object each."""

    cursor: str


class Moved(protocol.Frame, tag="people", frozen=True, kw_only=True):
    """A presence change, which no client here shows."""


_frames: msgspec.json.Decoder[protocol.Frame] = msgspec.json.Decoder(
    Welcome
    | protocol.Changes
    | protocol.Reset
    | protocol.Ok
    | protocol.Error
    | Moved
    | protocol.Typing
    | protocol.Rooms
    | protocol.Pong
    | protocol.Bye
)
_encoder = msgspec.json.Encoder()


class Listener(Protocol):
    """The receiver of a connection's events."""

    def received(self, client: "Client", frame: protocol.Frame) -> None: ...

    def advanced(self, client: "Client", chunk: Chunk) -> None: ...

    def closed(self, client: "Client", reason: str) -> None: ...


class Client(asyncio.BufferedProtocol):
    """A person in the room. `log` holds what came since the cursor in hello, in the order it came."""

    def __init__(self, listener: Listener, chunks: ChunkReader, host: str, path: str, token: str):
        self.log: list[Chunk] = []
        self.messages = 0
        self.frames = 0
        self._acked = 0
        self._listener, self._chunks = listener, chunks
        self._host, self._path, self._token = host, path, token
        self._key = websocket.new_key()
        self._reader = websocket.FrameReader()
        self._take: Callable[[bytes], None] = self._take_handshake
        self._answer = b""
        self._reason = f"closed with {NOT_CLOSED_PROPERLY}"

    # ---- The stream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        headers = {"Authorization": f"Bearer {self._token}", "Sec-WebSocket-Protocol": protocol.SUBPROTOCOL}
        self._transport.write(websocket.handshake(self._host, self._path, self._key, headers))

    def get_buffer(self, sizehint: int) -> memoryview:
        return _buffer

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._take(bytes(_buffer[:nbytes]))
        except (websocket.WebSocketError, msgspec.DecodeError) as error:
            self._reason = str(error)
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._listener.closed(self, self._reason)

    def _take_handshake(self, data: bytes) -> None:
        self._answer += data
        answer, end, rest = self._answer.partition(b"\r\n\r\n")
        if end:
            websocket.check_handshake(answer, self._key, protocol.SUBPROTOCOL)
            self._take = self._take_frames
            self._take(rest)

    def _take_frames(self, data: bytes) -> None:
        for opcode, payload in self._reader.feed(data):
            if opcode == websocket.TEXT:
                self._take_text(payload)
            elif opcode == websocket.PING:
                self._transport.write(websocket.client_frame(websocket.PONG, payload))
            elif opcode == websocket.CLOSE:
                self._reason = f"closed with {int.from_bytes(payload[:2], 'big')} {payload[2:].decode()}".strip()
                self._transport.write(websocket.client_frame(websocket.CLOSE, payload[:2]))
                self._transport.close()

    # ---- The protocol

    def _take_text(self, payload: bytes) -> None:
        self.frames += 1
        # The beginning is only a short cut: a changes frame with its fields in another order is one all the same.
        if payload.startswith(_CHANGES):
            self._advance(payload)
            return
        frame = _frames.decode(payload)
        if isinstance(frame, protocol.Changes):
            self._advance(payload)
        else:
            self._listener.received(self, frame)

    def _advance(self, payload: bytes) -> None:
        chunk = self._chunks.read(payload)
        chunk.last_at = time.perf_counter()
        self.log.append(chunk)
        self.messages += len(chunk.rows)
        if self.messages - self._acked >= ACK_MESSAGES:
            self.ack()
        self._listener.advanced(self, chunk)

    def ack(self) -> None:
        """Tell the server what is held, if that is news."""
        if self.messages > self._acked:
            self._acked = self.messages
            self.send(protocol.Ack(cursor=self.log[-1].cursor))

    def send(self, command: protocol.Command) -> None:
        self._transport.write(websocket.client_frame(websocket.TEXT, _encoder.encode(command)))

    def close(self) -> None:
        self._transport.write(websocket.client_frame(websocket.CLOSE, (1000).to_bytes(2, "big")))

    def abort(self) -> None:
        """End the connection without a word, as when a machine falls asleep."""
        self._transport.abort()

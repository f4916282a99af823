"""uvicorn's WebSocket protocol with backpressure, limits and a bounded close, for `uvicorn --ws`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from websockets.exceptions import ProtocolError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

from chat.adapters.websockets import is_between_frames
from chat.protocol import MAX_FRAME_IN_BYTES
from chatsite.server.control_frames import REASON, FrameLimit, Take
from chatsite.server.frames import whole_text
from chatsite.server.handshake import Handshaking
from chatsite.server.tcp import end_writing, prepare

# The time for the last data to leave the process and for the client's close frame, for which uvicorn waits 10 seconds.
LINGER_SECONDS = 15.0
# A frame above the protocol's limit gets an error frame. One above this limit is not even buffered: the connection is
# closed with 1009. uvicorn's limit is 16 MiB, which a compressed frame of 16 KiB could reach.
MAX_GATHERED_BYTES = 4 * MAX_FRAME_IN_BYTES
# The input that is parsed after our close frame, to find the client's.
CLOSE_FRAME_BYTES = 2 * 1024
# The frames of a connection that may wait for the application before reading pauses.
TAKEN_AHEAD = 8
# Each frame is compressed alone: once for a thousand clients, and no connection keeps a compression window in memory.
DEFLATE = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)


class Framed:
    """A cache of the encoded frame of the last text, which goes to many clients. It has one entry per compression."""

    def __init__(self) -> None:
        self._text = ""
        self._bytes: dict[str, bytes] = {}

    def bytes_of(self, text: str, extensions: Sequence[Extension]) -> bytes:
        if text is not self._text:
            self._text, self._bytes = text, {}
        form = repr(extensions) if extensions else ""
        data = self._bytes.get(form)
        if data is None:
            frame = Frame(Opcode.TEXT, text.encode())
            data = self._bytes[form] = frame.serialize(mask=False, extensions=extensions)
        return data


class WebSocket(Handshaking):
    """Limits the memory and the time of a connection.

    uvicorn closes a connection after everything written to it has left. A client that reads nothing but keeps the
    connection open would therefore hold its socket and buffer forever.
    """

    _framed: ClassVar = Framed()

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.conn.max_message_size = MAX_GATHERED_BYTES
        if self.conn.available_extensions:
            self.conn.available_extensions = [DEFLATE]
        self._input_after_close = 0
        # Whether `websockets` is between two frames and no fragmented message is open.
        self._is_between_frames = False
        self._handle_text: Callable[[str], None] | None = None
        self._limit = FrameLimit()
        self._answered_ping: bytes | None = None
        self._receive_counted = self.conn.recv_frame
        self.conn.recv_frame = self._receive_frame

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        prepare(transport)
        super().connection_made(transport)

    def take_over(self, transport: asyncio.Transport, url: bytes, asked: Mapping[str, Any]) -> None:
        self._is_between_frames = True
        super().take_over(transport, url, asked)

    def data_received(self, data: bytes) -> None:
        """Limit what is read after the close frame. uvicorn then parses frames for 10 more seconds, until the client's
        close frame arrives.

        A client that goes on flooding would cost as much as before. So only little is parsed then, and the rest is
        dropped.
        """
        if self.close_sent:
            self._input_after_close += len(data)
            if self._input_after_close > MAX_GATHERED_BYTES:
                self.transport.abort()
            if self._input_after_close > CLOSE_FRAME_BYTES:
                end_writing(self.transport)
                return
        if rest := self._handle_whole_texts(data):
            super().data_received(rest)
            self._is_between_frames = is_between_frames(self.conn)

    def _handle_whole_texts(self, data: bytes) -> bytes:
        """Pass the whole text frames at the start of `data` to the application. Return the rest."""
        if not self._is_between_frames:
            return data
        start = 0
        while self._handle_text is not None and self._is_next() and (found := whole_text(data, start)) is not None:
            text, start = found
            self._handle_text(text)
        return data[start:]

    def _is_next(self) -> bool:
        """Return whether the application may get this frame directly: none waits, and no close frame was sent."""
        return self.queue.empty() and not self.close_sent

    def send_receive_event_to_app(self) -> None:
        """Close the connection on invalid UTF-8 (RFC 6455, section 8.1).

        uvicorn would log it as an error of the application, and fails if a close frame came at the same time.
        """
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.fail(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
        elif self._handle_text is not None and self.curr_msg_data_type == "text" and self._is_next():
            text, self.frames = b"".join(self.frames).decode(), []
            self._handle_text(text)
        elif self.read_paused or self.queue.qsize() >= TAKEN_AHEAD:
            super().send_receive_event_to_app()
        else:
            self.read_paused = True  # prevents uvicorn from pausing, which would take two system calls for each frame
            super().send_receive_event_to_app()
            self.read_paused = False

    def try_send(self, text: str) -> bool:
        """Send a text frame, unless the client reads slowly or is closing. Return whether it was sent."""
        if not self.writable.is_set() or self.transport.is_closing() or self.conn.state is not State.OPEN:
            return False
        self.transport.write(self._framed.bytes_of(text, self.conn.extensions))
        return True

    def on_text(self, handle: Callable[[str], None]) -> None:
        """Pass each text to `handle` as it is read, instead of to the application's task when it has its turn."""
        self._handle_text = handle

    def count_frames(self, take: Take) -> None:
        """Count the frames that are not whole messages by `take` from now on."""
        if not self._limit.count_by(take) and self.conn.state is State.OPEN:
            self._fail_for_frames()
            self.handle_parser_exception()

    def _receive_frame(self, frame: Frame) -> None:
        """Count a frame as it is read. Otherwise a read of 16 KiB would hold 2,700 of them before the first counts."""
        if not (self._is_uncounted(frame) or self._limit.take()):
            self._fail_for_frames()
        elif frame.data or frame.fin or self.conn.current_size is None:  # an empty fragment would only use memory
            self._receive_counted(frame)

    def _is_uncounted(self, frame: Frame) -> bool:
        """Return whether a frame is a whole message, a close frame, or the first pong to our own ping."""
        if frame.opcode is Opcode.PONG and frame.data == self.pending_ping_payload != self._answered_ping:
            self._answered_ping = self.pending_ping_payload
            return True
        return frame.fin and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE)

    def _fail_for_frames(self) -> None:
        self.conn.parser_exc = ProtocolError(REASON)
        self.conn.fail(CloseCode.POLICY_VIOLATION, REASON)

    async def run_asgi(self) -> None:
        extensions = self.scope["extensions"]
        extensions["chat.try_send"] = self.try_send
        extensions["chat.on_text"] = self.on_text
        extensions["chat.count_frames"] = self.count_frames
        try:
            await super().run_asgi()
        finally:
            self._handle_text = None
            # This does nothing if the connection is closed by then.
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True

"""uvicorn's WebSockets, which send at once, take no more than they need and end in any case:
`uvicorn --ws chatsite.websocket:WebSocket …`."""

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

# For what was said last to leave the process, and for the other side's goodbye, which uvicorn waits 10 seconds for.
LINGER_SECONDS = 15.0
# A frame above the protocol's limit is answered with a sentence; one above this is not even gathered, and what it comes
# on is closed with 1009. uvicorn's own limit is 16 MiB, which a compressed frame of 16 KiB would reach.
MAX_GATHERED_BYTES = 4 * MAX_FRAME_IN_BYTES
# What is parsed after our close frame, to find the client's.
GOODBYE_BYTES = 2 * 1024
# Frames of one connection that may wait for the site before no more is read from it.
TAKEN_AHEAD = 8
# Each frame is compressed by itself: one for a thousand clients is compressed once, and none of them costs the memory
# of what was said before.
DEFLATE = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)


class Framed:
    """The bytes of the last text sent, for the many it is sent to. For each compression they differ."""

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
    """uvicorn closes a connection once everything written to it has left. To a client that reads nothing, but keeps the
    connection, it never does; then the site has given it up, and socket and buffer would stay for good."""

    _framed: ClassVar = Framed()

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.conn.max_message_size = MAX_GATHERED_BYTES
        if self.conn.available_extensions:
            self.conn.available_extensions = [DEFLATE]
        self._unheard = 0
        # Whether `websockets` has nothing in hand, of a frame or of a message in several.
        self._is_between_frames = False
        self._hear: Callable[[str], None] | None = None
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
        """After its close frame uvicorn parses frames for 10 seconds more, until the client's own comes. A client that
        goes on flooding would cost as much as before, so only little is parsed then, and the rest is dropped."""
        if self.close_sent:
            self._unheard += len(data)
            if self._unheard > MAX_GATHERED_BYTES:
                self.transport.abort()
            if self._unheard > GOODBYE_BYTES:
                end_writing(self.transport)
                return
        if rest := self._hear_whole_texts(data):
            super().data_received(rest)
            self._is_between_frames = is_between_frames(self.conn)

    def _hear_whole_texts(self, data: bytes) -> bytes:
        """Give what `data` begins with to the site, as far as that is texts that are whole. The rest is returned."""
        if not self._is_between_frames:
            return data
        start = 0
        while self._hear is not None and self._is_next() and (found := whole_text(data, start)) is not None:
            text, start = found
            self._hear(text)
        return data[start:]

    def _is_next(self) -> bool:
        """Whether what is read now is next for the site: all before went there, and nobody has said goodbye."""
        return self.queue.empty() and not self.close_sent

    def send_receive_event_to_app(self) -> None:
        """Text that is no UTF-8 ends the connection (RFC 6455, section 8.1). uvicorn logs it as a failure of the
        site, and fails at it where a goodbye came at the same time."""
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.fail(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
        elif self._hear is not None and self.curr_msg_data_type == "text" and self._is_next():
            text, self.frames = b"".join(self.frames).decode(), []
            self._hear(text)
        elif self.read_paused or self.queue.qsize() >= TAKEN_AHEAD:
            super().send_receive_event_to_app()
        else:
            self.read_paused = True  # then uvicorn does not do it, which would take two system calls for each frame
            super().send_receive_event_to_app()
            self.read_paused = False

    def try_send(self, text: str) -> bool:
        """Send a frame of text, unless its client is slow to take what went before, or is going."""
        if not self.writable.is_set() or self.transport.is_closing() or self.conn.state is not State.OPEN:
            return False
        self.transport.write(self._framed.bytes_of(text, self.conn.extensions))
        return True

    def on_text(self, hear: Callable[[str], None]) -> None:
        """From now on give each text to `hear` as it is read, rather than to the task when that has its turn."""
        self._hear = hear

    def count_frames(self, take: Take) -> None:
        """From now on count frames that are no whole message by `take`."""
        if not self._limit.count_by(take) and self.conn.state is State.OPEN:
            self._fail_for_frames()
            self.handle_parser_exception()

    def _receive_frame(self, frame: Frame) -> None:
        """Count a frame as it is read. Otherwise a read of 16 KiB would hold 2,700 of them before the first counts."""
        if not (self._is_uncounted(frame) or self._limit.take()):
            self._fail_for_frames()
        elif frame.data or frame.fin or self.conn.current_size is None:  # an empty part adds nothing but memory
            self._receive_counted(frame)

    def _is_uncounted(self, frame: Frame) -> bool:
        """Whether a frame is a whole message, the end of the connection, or the first pong after a ping of ours."""
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
            self._hear = None
            # On a connection that is closed by then it does nothing.
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True

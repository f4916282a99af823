"""The undocumented parts of Autobahn's WebSocket protocol that the site uses."""

from typing import Any, Protocol

# The methods that the site replaces or calls, with their parameters.
METHODS = {
    "onConnect": ("request",),
    "onFrameEnd": (),
    "processData": (),
    "sendCloseFrame": ("code", "reasonUtf8"),
    "dropConnection": ("abort",),
}


class FrameHeader(Protocol):
    opcode: int
    fin: bool
    length: int


class SocketProtocol(Protocol):
    """Autobahn's WebSocketServerProtocol: a connection."""

    STATE_OPEN: int
    state: int
    # The unparsed input, the frame being read, and the data of a control frame.
    data: bytes
    current_frame: Any
    control_frame_data: list[bytes]
    # The ping of the server without an answer yet.
    autoPingPending: bytes | None
    processData: Any

    def sendCloseFrame(self, code: int, reasonUtf8: bytes) -> None: ...
    def dropConnection(self, abort: bool) -> None: ...

"""What the site uses of Autobahn's WebSocket protocol beyond its documentation."""

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
    """A connection: Autobahn's WebSocketServerProtocol."""

    STATE_OPEN: int
    state: int
    # What was read and is not taken apart yet, the frame that is read now, and the data of one that controls.
    data: bytes
    current_frame: Any
    control_frame_data: list[bytes]
    # The ping of the server that is not answered yet.
    autoPingPending: bytes | None
    processData: Any

    def sendCloseFrame(self, code: int, reasonUtf8: bytes) -> None: ...
    def dropConnection(self, abort: bool) -> None: ...

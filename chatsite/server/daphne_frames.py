"""The limit of control frames for Daphne's connections, whose frames autobahn parses."""

from functools import partial
from typing import Any

from chat.adapters.autobahn import FrameHeader
from chat.adapters.daphne import DaphneConnection, Server, WebSocketProtocol
from chatsite.server.control_frames import REASON, FrameLimit, Take

CONTINUATION, PING, PONG = 0, 9, 10
POLICY_VIOLATION = 1008


def count_frames() -> None:
    """Count pings, pongs and message fragments as they are read. The site later counts them by person."""
    on_connect, on_frame_end = WebSocketProtocol.onConnect, WebSocketProtocol.onFrameEnd

    def connect(self: DaphneConnection, request: Any) -> Any:
        self.frame_limit = FrameLimit()
        return on_connect(self, request)

    def end_frame(self: DaphneConnection) -> bool | None:
        frame = self.current_frame
        if not (_is_uncounted(self, frame) or self.frame_limit.take()):
            _close_for_frames(self)
            return False
        if frame.opcode == CONTINUATION and not (frame.length or frame.fin):
            self.current_frame = None  # an empty fragment would only use memory
            return None
        return on_frame_end(self)

    WebSocketProtocol.onConnect, WebSocketProtocol.onFrameEnd = connect, end_frame
    create_application = Server.create_application

    def create(self: Server, protocol: Any, scope: dict[str, Any]) -> Any:
        if isinstance(protocol, WebSocketProtocol):
            scope["extensions"] = {"chat.count_frames": partial(_count_by, protocol)}
        return create_application(self, protocol, scope)

    Server.create_application = create


def _is_uncounted(protocol: DaphneConnection, frame: FrameHeader) -> bool:
    """Return whether a frame is a whole message, a close frame, or the pong to our own ping."""
    if frame.opcode == PONG and protocol.autoPingPending:
        return b"".join(protocol.control_frame_data) == protocol.autoPingPending
    return frame.fin and frame.opcode not in (CONTINUATION, PING, PONG)


def _count_by(protocol: DaphneConnection, take: Take) -> None:
    if not protocol.frame_limit.count_by(take):
        _close_for_frames(protocol)


def _close_for_frames(protocol: DaphneConnection) -> None:
    """Send a close frame and read no more. Autobahn drops the connection a second later, because it sees no answer."""

    def discard() -> bool:
        protocol.data = b""
        return False

    protocol.current_frame, protocol.processData = None, discard
    discard()
    if protocol.state == protocol.STATE_OPEN:
        protocol.sendCloseFrame(code=POLICY_VIOLATION, reasonUtf8=REASON.encode())
    else:
        protocol.dropConnection(abort=True)

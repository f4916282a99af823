"""The undocumented parts of websockets' server protocol that the site uses.

The parser of a connection is a generator. It does not report whether it is between frames, but it waits at another line
while it reads one.
"""

from collections.abc import Sequence
from types import GeneratorType
from typing import Any, Protocol, cast

from websockets.datastructures import Headers
from websockets.extensions import Extension
from websockets.http11 import Request, Response
from websockets.protocol import Protocol as WebSocketProtocol
from websockets.protocol import State
from websockets.streams import StreamReader

try:
    from websockets.speedups import apply_mask
except ImportError:  # the C extension could not be compiled
    from websockets.utils import apply_mask

__all__ = ["FrameConnection", "apply_mask", "begin_frames", "is_between_frames"]


class FrameConnection(Protocol):
    """websockets' ServerProtocol with all attributes that the site uses. The undocumented ones come first."""

    parser: Any
    parser_exc: Exception | None
    # The bytes of a fragmented message so far, or None between messages.
    current_size: int | None
    extensions: list[Extension]
    available_extensions: Sequence[Any] | None
    max_message_size: int | None
    recv_frame: Any
    state: State  # documented as readable; the site also sets it

    def process_extensions(self, headers: Headers) -> tuple[str | None, list[Extension]]: ...

    # Documented.
    def accept(self, request: Request) -> Response: ...
    def receive_data(self, data: bytes) -> None: ...
    def fail(self, code: int, reason: str = "") -> None: ...


def begin_frames(connection: FrameConnection) -> None:
    """Start reading frames. The site has read the handshake itself."""
    connection.parser = WebSocketProtocol.parse(cast("WebSocketProtocol", connection))
    next(connection.parser)


def is_between_frames(connection: FrameConnection) -> bool:
    """Return whether the parser is between two frames and no fragmented message is open."""
    waiting = cast("GeneratorType[None, None, None]", connection.parser)
    while isinstance(waiting.gi_yieldfrom, GeneratorType):
        waiting = waiting.gi_yieldfrom
    return waiting.gi_code is StreamReader.at_eof.__code__ and connection.current_size is None

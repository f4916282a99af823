"""A decoder shared by all clients: a thousand clients of a room receive the same bytes, which are decoded once."""

from benchmarks import websocket
from benchmarks.load.dialect import Decoded, Dialect

# Keys use this many bytes of either end, and equal keys compare in full. That costs less than hashing all bytes.
_EDGE = 96


class SharedDecoder:
    """A decoder for all clients of a run. `frames` holds each distinct frame with messages once."""

    def __init__(self, dialect: Dialect):
        self.frames: list[Decoded] = []
        self.dialect = dialect
        self._frames = _Known()
        self._reads = _Known()

    def frame(self, payload: bytes) -> Decoded:
        """Return the meaning of one text frame."""
        payload = self.dialect.common(payload)
        decoded = self._frames.get(payload)
        if decoded is None:
            decoded = self.dialect.decode(payload)
            if decoded.posts:
                self._frames.put(payload, decoded)
                self.frames.append(decoded)
        return decoded

    def whole_read(self, data: bytes) -> Decoded | None:
        """Return the meaning of a piece of whole frames if another client read the same piece, else None."""
        return self._reads.get(data) if self.dialect.is_same_for_all else None

    def remember(self, data: bytes, messages: list[tuple[int, bytes]]) -> Decoded | None:
        """Keep the meaning of bytes that are whole frames with these messages, if all are text with posts and
        another client may receive the same bytes."""
        if not self.dialect.is_same_for_all or not all(opcode == websocket.TEXT for opcode, _ in messages):
            return None
        frames = [self.frame(payload) for _, payload in messages]
        if not frames or not all(decoded.posts for decoded in frames):
            return None
        whole = frames[0]
        if len(frames) > 1:
            posts = tuple(number for decoded in frames for number in decoded.posts)
            whole = Decoded(posts=posts, cursor=frames[-1].cursor)
            self.frames.append(whole)
        self._reads.put(data, whole)
        return whole


class _Known:
    """A dictionary by long bytes, few of them distinct, nearly all looked up often."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, bytes, bytes], list[tuple[bytes, Decoded]]] = {}

    def get(self, data: bytes) -> Decoded | None:
        for seen, decoded in self._found.get((len(data), data[:_EDGE], data[-_EDGE:]), ()):
            if seen == data:
                return decoded
        return None

    def put(self, data: bytes, decoded: Decoded) -> None:
        self._found.setdefault((len(data), data[:_EDGE], data[-_EDGE:]), []).append((data, decoded))

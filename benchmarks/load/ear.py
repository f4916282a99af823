"""What clients hear, understood once: in a room a thousand of them are sent the same bytes."""

from benchmarks import websocket
from benchmarks.load.dialect import Dialect, Heard

# Bytes at either end by which they are told apart before they are compared in full: that costs less than hashing all.
_EDGE = 96


class Ear:
    """Shared by all clients of a run. `heards` are all that had messages in them, each distinct one once."""

    def __init__(self, dialect: Dialect):
        self.heards: list[Heard] = []
        self._dialect = dialect
        self._frames = _Known()
        self._reads = _Known()

    def frame(self, payload: bytes) -> Heard:
        """What one text frame means."""
        payload = self._dialect.common(payload)
        heard = self._frames.get(payload)
        if heard is None:
            heard = self._dialect.hear(payload)
            if heard.posts:
                self._frames.put(payload, heard)
                self.heards.append(heard)
        return heard

    def whole_read(self, data: bytes) -> Heard | None:
        """What a piece of the stream means that begins and ends with a frame, if another client read the same."""
        return self._reads.get(data) if self._dialect.is_same_for_all else None

    def remember(self, data: bytes, messages: list[tuple[int, bytes]]) -> Heard | None:
        """These bytes are whole frames that hold these messages. Nothing is kept unless all are text with posts, and
        another client may read the same."""
        if not self._dialect.is_same_for_all or not all(opcode == websocket.TEXT for opcode, _ in messages):
            return None
        heards = [self.frame(payload) for _, payload in messages]
        if not heards or not all(heard.posts for heard in heards):
            return None
        whole = heards[0]
        if len(heards) > 1:
            posts = tuple(number for heard in heards for number in heard.posts)
            whole = Heard(posts=posts, cursor=heards[-1].cursor)
            self.heards.append(whole)
        self._reads.put(data, whole)
        return whole


class _Known:
    """A dictionary by bytes of which most are long, few are distinct, and nearly all are asked for often."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, bytes, bytes], list[tuple[bytes, Heard]]] = {}

    def get(self, data: bytes) -> Heard | None:
        for seen, heard in self._found.get((len(data), data[:_EDGE], data[-_EDGE:]), ()):
            if seen == data:
                return heard
        return None

    def put(self, data: bytes, heard: Heard) -> None:
        self._found.setdefault((len(data), data[:_EDGE], data[-_EDGE:]), []).append((data, heard))

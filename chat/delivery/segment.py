"""A stretch of a room's log in memory, each change encoded once, and the frames made of it, each built once."""

from bisect import bisect_right
from dataclasses import dataclass

from chat.protocol import MAX_FRAME_OUT_BYTES, Cursor
from chat.telemetry.counters import size_of

# A frame's own characters around its messages, with room to spare.
ENVELOPE_BYTES = 256
# Frames kept for others that stand at the same place. Most stand at the last one or two.
FRAMES_KEPT = 8


@dataclass(frozen=True, slots=True)
class ChangesFrame:
    """A `changes` frame: its text, and the revision at which a connection stands that has received it. `mark` is that
    and the size, which hundreds of connections keep until it is acknowledged: one for all of them."""

    text: str
    rev: int
    messages: int
    bytes: int
    mark: tuple[int, int]


class LogSegment:
    """The changes in (`start`, `end`] of one room: (rev, message as JSON) in rev order, superseded ones or not.

    Revisions need not be dense: a message that changed again has left its old place.
    """

    def __init__(self, epoch: str, room_id: int, start: int):
        self.epoch, self.room_id = epoch, room_id
        self.start = self.end = start
        self.bytes = 0
        self._revs: list[int] = []
        self._messages: list[bytes] = []
        self._frames: dict[int, ChangesFrame] = {}

    def __len__(self) -> int:
        return len(self._revs)

    def covers(self, rev: int) -> bool:
        return self.start <= rev <= self.end

    def extend(self, entries: list[tuple[int, bytes]], end: int) -> None:
        """Go on to `end` with the changes that are new among `entries`."""
        for rev, message in entries:
            if rev > self.end:
                self._revs.append(rev)
                self._messages.append(message)
                self.bytes += len(message)
        self.end = end
        self._frames.clear()

    def trim(self, *, most: int, most_bytes: int) -> None:
        """Forget the oldest changes until at most so many, and so many bytes, are held."""
        drop, size = max(0, len(self) - most), self.bytes
        size -= sum(len(message) for message in self._messages[:drop])
        while size > most_bytes and drop < len(self):
            size -= len(self._messages[drop])
            drop += 1
        if drop:
            self.start = self._revs[drop - 1]
            del self._revs[:drop], self._messages[:drop]
            self.bytes = size

    def starting_with(self, earlier: "LogSegment") -> "LogSegment":
        """A span of `earlier` and this one, which begins where `earlier` ends or before."""
        whole = LogSegment(self.epoch, self.room_id, earlier.start)
        whole.extend(list(zip(earlier._revs, earlier._messages, strict=True)), earlier.end)
        whole.extend(list(zip(self._revs, self._messages, strict=True)), self.end)
        return whole

    def frame_after(self, rev: int) -> ChangesFrame:
        """What a connection at `rev` needs next, as much as one frame may hold. Shared by all that stand there."""
        frame = self._frames.get(rev)
        if frame is None:
            frame = self._frames[rev] = self._build(rev)
            if len(self._frames) > FRAMES_KEPT:
                del self._frames[next(iter(self._frames))]
        return frame

    def _build(self, rev: int) -> ChangesFrame:
        first = last = bisect_right(self._revs, rev)
        room = MAX_FRAME_OUT_BYTES - ENVELOPE_BYTES
        while last < len(self) and (room := room - len(self._messages[last]) - 1) >= 0:
            last += 1
        if last == first < len(self):
            last += 1  # one message larger than a frame should be: better too large than never
        reached = self.end if last == len(self) else self._revs[last - 1]
        text = self._text(first, last, reached)
        size = size_of(text)
        return ChangesFrame(text, reached, last - first, size, (reached, size))

    def _text(self, first: int, last: int, reached: int) -> str:
        cursor = Cursor(self.epoch, self.room_id, reached)
        messages = b",".join(self._messages[first:last]).decode()
        return f'{{"type":"changes","cursor":"{cursor}","messages":[{messages}]}}'

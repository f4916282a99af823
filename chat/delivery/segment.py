"""A range of a room's log in memory, and the `changes` frames built from it. Each is encoded once for all sockets."""

from bisect import bisect_right
from dataclasses import dataclass

import msgspec

from chat.history import ChangedRows
from chat.protocol import MAX_FRAME_OUT_BYTES, Cursor
from chat.telemetry.counters import size_of


class _Numbered(msgspec.Struct):
    seq: int


_decode = msgspec.json.Decoder(_Numbered).decode
# An upper bound for the characters of a frame around its messages.
ENVELOPE_BYTES = 256
# Frames kept for other connections at the same revision. Most connections are at the last one or two.
FRAMES_KEPT = 8
# The last changes among which `recent` looks.
RECENT_CHANGES = 100


@dataclass(frozen=True, slots=True)
class ChangesFrame:
    """A `changes` frame: its text, and the revision of a connection that has received it.

    `mark` is (revision, size). Hundreds of connections keep it until the frame is acknowledged, so all share one tuple.
    """

    text: str
    rev: int
    messages: int
    bytes: int
    mark: tuple[int, int]


class LogSegment:
    """The changes in (`start`, `end`] of one room, as (rev, message as JSON) in rev order.

    It may hold older versions of a message beside the newest. Revisions need not be dense: a message that changes
    again moves to a new revision.
    """

    def __init__(self, epoch: str, room_id: int, start: int):
        self.epoch, self.room_id = epoch, room_id
        self.start = self.end = start
        self.bytes = 0
        self._revs: list[int] = []
        self._messages: list[bytes] = []
        self._frames: dict[int, ChangesFrame] = {}

    @classmethod
    def of(cls, rows: ChangedRows) -> "LogSegment":
        segment = cls(rows.head.epoch, rows.head.room_id, rows.after)
        segment.extend(rows.entries, rows.rev)
        return segment

    def __len__(self) -> int:
        return len(self._revs)

    def covers(self, rev: int) -> bool:
        return self.start <= rev <= self.end

    def extend(self, entries: list[tuple[int, bytes]], end: int) -> None:
        """Advance to `end`, with those of `entries` that are new."""
        for rev, message in entries:
            if rev > self.end:
                self._revs.append(rev)
                self._messages.append(message)
                self.bytes += len(message)
        self.end = end
        self._frames.clear()

    def trim(self, *, most: int, most_bytes: int) -> None:
        """Drop the oldest changes until at most `most` changes and `most_bytes` bytes are left."""
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
        """Return a segment of `earlier` and this one. This one begins where `earlier` ends, or before."""
        whole = LogSegment(self.epoch, self.room_id, earlier.start)
        whole.extend(list(zip(earlier._revs, earlier._messages, strict=True)), earlier.end)
        whole.extend(list(zip(self._revs, self._messages, strict=True)), self.end)
        return whole

    def frame_after(self, rev: int, floor_seq: int = 0) -> ChangesFrame:
        """Return the next frame for a connection at `rev`, as full as it may be. Connections at `rev` share it.

        Messages up to `floor_seq` do not exist for the person. If the shared frame has any, they get one without them.
        """
        frame = self._frames.get(rev)
        if frame is None:
            frame = self._frames[rev] = self._build(rev)
            if len(self._frames) > FRAMES_KEPT:
                del self._frames[next(iter(self._frames))]
        return self._without(frame, rev, floor_seq) if floor_seq else frame

    def recent(self, seq: int) -> bytes | None:
        """Return a message as JSON, as it is now, if it is among the last changes."""
        return next((it for it in reversed(self._messages[-RECENT_CHANGES:]) if _decode(it).seq == seq), None)

    def _without(self, frame: ChangesFrame, rev: int, floor_seq: int) -> ChangesFrame:
        first = bisect_right(self._revs, rev)
        messages = self._messages[first : first + frame.messages]
        above = [it for it in messages if _decode(it).seq > floor_seq]
        return frame if len(above) == len(messages) else self._frame(above, frame.rev)

    def _build(self, rev: int) -> ChangesFrame:
        first = last = bisect_right(self._revs, rev)
        left = MAX_FRAME_OUT_BYTES - ENVELOPE_BYTES
        while last < len(self) and (left := left - len(self._messages[last]) - 1) >= 0:
            last += 1
        if last == first < len(self):
            last += 1  # a message larger than the limit is sent alone: otherwise it would never be sent
        reached = self.end if last == len(self) else self._revs[last - 1]
        return self._frame(self._messages[first:last], reached)

    def _frame(self, messages: list[bytes], reached: int) -> ChangesFrame:
        cursor = Cursor(self.epoch, self.room_id, reached)
        joined = b",".join(messages).decode()
        text = f'{{"type":"changes","cursor":"{cursor}","messages":[{joined}]}}'
        size = size_of(text)
        return ChangesFrame(text, reached, len(messages), size, (reached, size))

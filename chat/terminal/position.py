"""The read position that `--print-cursor` prints and `--since` takes. It may lie after any message."""

import re

import msgspec
from msgspec.structs import replace

from chat.protocol import Code, FrameError, MessageData
from chat.terminal.exit_codes import Exit, ExitError

# Any other character of a server's cursor could break the format of a position or drive a terminal.
_CURSOR = re.compile(r"[!-9;-~]*")
_FORM = re.compile(rf"({_CURSOR.pattern}):(\d{{1,18}}):(\d{{1,18}})?:(\d{{1,18}})", re.ASCII)


class Position(msgspec.Struct, frozen=True):
    """The last cursor a server gave, and which messages after it were read.

    A cursor marks the end of a frame, but a reader may stop within a frame, and some cursors cannot be resumed. So a
    position holds three more values:
    - `rev`: all messages up to this revision were read.
    - `seq`: all messages up to this seq were read. None means unknown.
    - `top`: the highest seq that was read. A frame is ordered by revision, so an edited message below `top` may still
      be unread.

    Without a cursor, messages are read by their seqs.
    """

    cursor: str
    rev: int = 0
    seq: int | None = None
    top: int = 0

    def __post_init__(self) -> None:
        """Raise FrameError if the cursor has invalid characters."""
        if not _CURSOR.fullmatch(self.cursor):
            raise FrameError(Code.BAD_FRAME, "A cursor must be printable ASCII without colons and spaces.")

    def __str__(self) -> str:
        return f"{self.cursor}:{self.rev}:{'' if self.seq is None else self.seq}:{self.top}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Parse a position, or a bare cursor of the protocol."""
        text = text.strip()
        if text and _CURSOR.fullmatch(text):
            return cls(text)
        found = _FORM.fullmatch(text)
        if found is None or not (found[1] or found[3]):
            raise ExitError(Exit.USAGE, f"{text!r} is not a cursor. Use one from --print-cursor or --json.")
        return cls(found[1], int(found[2]), int(found[3]) if found[3] else None, int(found[4]))

    @classmethod
    def at_head(cls, cursor: str, seq: int) -> "Position":
        """Return the position of a reader who skips or has read everything so far."""
        return cls(cursor, seq=seq, top=seq)

    def after(self, message: MessageData) -> "Position":
        """Return the position after one more message was read."""
        top = max(self.top, message.seq)
        if not self.cursor:
            return replace(self, seq=message.seq, top=top)
        is_next = self.seq is not None and message.seq == self.seq + 1
        return replace(self, rev=max(self.rev, message.rev), seq=message.seq if is_next else self.seq, top=top)

    def has(self, message: MessageData) -> bool:
        """Return whether the present revision of a message above `seq` was read."""
        return message.seq <= self.top and message.rev <= self.rev

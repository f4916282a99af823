"""Where a reader stands who may stop after any message: what `--print-cursor` gives and `--since` takes."""

import re

import msgspec
from msgspec.structs import replace

from chat.protocol import Code, FrameError, MessageData
from chat.terminal.exit_codes import Exit, ExitError

# Whatever else a server gave could be no part of a position, nor printed.
_CURSOR = re.compile(r"[!-9;-~]*")
_FORM = re.compile(rf"({_CURSOR.pattern}):(\d{{1,18}}):(\d{{1,18}})?:(\d{{1,18}})", re.ASCII)


class Position(msgspec.Struct, frozen=True):
    """The last cursor a server gave, and what was read beyond it.

    A cursor stands between frames, a reader may stop within one; and some cursors cannot be resumed. So a position also
    says up to which revision messages were read, which messages were read for certain, all up to the place `seq` (None:
    nobody knows), and which is the highest, `top`: frames tell by revision, so one below it may still be to come if it
    was edited. Without a cursor, messages are read by their places.
    """

    cursor: str
    rev: int = 0
    seq: int | None = None
    top: int = 0

    def __post_init__(self) -> None:
        """FrameError for a cursor that is none."""
        if not _CURSOR.fullmatch(self.cursor):
            raise FrameError(Code.BAD_FRAME, "A cursor must be printable ASCII without colons and spaces.")

    def __str__(self) -> str:
        return f"{self.cursor}:{self.rev}:{'' if self.seq is None else self.seq}:{self.top}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """A position, or a bare cursor as the protocol has them."""
        text = text.strip()
        if text and _CURSOR.fullmatch(text):
            return cls(text)
        found = _FORM.fullmatch(text)
        if found is None or not (found[1] or found[3]):
            raise ExitError(Exit.USAGE, f"{text!r} is not a cursor. Use one from --print-cursor or --json.")
        return cls(found[1], int(found[2]), int(found[3]) if found[3] else None, int(found[4]))

    @classmethod
    def at_head(cls, cursor: str, seq: int) -> "Position":
        """Where one stands who wants nothing of what was said so far, or has it all."""
        return cls(cursor, seq=seq, top=seq)

    def after(self, message: MessageData) -> "Position":
        """Where one stands who read one message more."""
        top = max(self.top, message.seq)
        if not self.cursor:
            return replace(self, seq=message.seq, top=top)
        is_next = self.seq is not None and message.seq == self.seq + 1
        return replace(self, rev=max(self.rev, message.rev), seq=message.seq if is_next else self.seq, top=top)

    def has(self, message: MessageData) -> bool:
        """Whether a message above `seq` was read as it is now."""
        return message.seq <= self.top and message.rev <= self.rev

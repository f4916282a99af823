"""Standard output and standard error, whose reader may leave at any time."""

import asyncio
import fcntl
import os
import stat
from typing import TextIO

from chat.terminal.error_messages import reason_of
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.position import Position


class OutputClosed(Exception):
    """The reader of the output has gone. `position` is that of the last printed message within a frame, if any."""

    position: Position | None = None


def say(out: TextIO, *texts: str) -> None:
    """Print lines and flush. Raises OutputClosed if the reader has gone, ExitError if writing fails."""
    try:
        for text in texts:
            out.write(f"{text}\n")
        out.flush()
    except BrokenPipeError as error:
        raise OutputClosed from error
    except OSError as error:
        raise ExitError(Exit.INPUT_OUTPUT, f"Can’t write the output: {reason_of(error)}.") from error


async def closed(out: TextIO) -> None:
    """Raise OutputClosed when the reader of a pipe goes, even if nothing is printed. Without a pipe, wait forever."""
    ended = asyncio.Event()
    if not _is_writing_end(out.fileno()):
        await ended.wait()
    loop = asyncio.get_running_loop()
    # The writing end becomes readable when the reader has closed the pipe.
    loop.add_reader(out.fileno(), ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(out.fileno())
    raise OutputClosed


def _is_writing_end(descriptor: int) -> bool:
    """Return whether a descriptor only writes to a pipe. One opened for both becomes readable when it holds data."""
    mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode) and mode == os.O_WRONLY

"""Standard output and errors, which somebody may stop to read at any time."""

import asyncio
import fcntl
import os
import stat
from typing import TextIO

from chat.terminal.error_messages import reason_of
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.position import Position


class OutputClosed(Exception):
    """Whoever read what is printed has gone. `position` is where they stood, if it was in the middle of a frame."""

    position: Position | None = None


def say(out: TextIO, *texts: str) -> None:
    """Print lines, at once. OutputClosed when nobody reads them any more, Failure when they cannot be written."""
    try:
        for text in texts:
            out.write(f"{text}\n")
        out.flush()
    except BrokenPipeError as error:
        raise OutputClosed from error
    except OSError as error:
        raise ExitError(Exit.INPUT_OUTPUT, f"Can’t write the output: {reason_of(error)}.") from error


async def closed(out: TextIO) -> None:
    """Raise OutputClosed when the reader of a pipe has gone, also while there is nothing to print. For whatever is no
    pipe, wait for ever."""
    ended = asyncio.Event()
    if not _is_writing_end(out.fileno()):
        await ended.wait()
    loop = asyncio.get_running_loop()
    # It becomes readable when there is nobody at the other end.
    loop.add_reader(out.fileno(), ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(out.fileno())
    raise OutputClosed


def _is_writing_end(descriptor: int) -> bool:
    """Of a pipe; one that was opened for both is readable while something is in it."""
    mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode) and mode == os.O_WRONLY

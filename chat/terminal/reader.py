"""Read the lines of a pipe or file without blocking the event loop."""

import asyncio
import codecs
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

CHUNK_BYTES = 64 * 1024
# Lines to read ahead of the one that is being posted.
LINES_AHEAD = 1000


class LineTooLong(Exception):
    """A line is longer than allowed. Reading stops there."""


async def lines_of(descriptor: int, longest: int) -> AsyncIterator[str]:
    """Yield each line without its end, decoded as UTF-8. Invalid bytes become replacement characters.

    Raises LineTooLong for a line of more than `longest` characters, and OSError if reading fails. A thread reads,
    because the event loop cannot wait for a file. The thread holds no lock of Python's own streams, so the process can
    end while it waits for input.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | Exception | None] = asyncio.Queue()
    slots = threading.Semaphore(LINES_AHEAD)

    def hand_over(line: str | Exception | None) -> None:
        slots.acquire()
        loop.call_soon_threadsafe(lines.put_nowait, line)

    def read() -> None:
        with suppress(RuntimeError):  # the loop has ended, so no one reads the queue
            try:
                for line in _lines(descriptor, longest):
                    hand_over(line)
                hand_over(None)
            except (OSError, LineTooLong) as error:
                hand_over(error)

    threading.Thread(target=read, name="input", daemon=True).start()
    while (line := await lines.get()) is not None:
        if isinstance(line, Exception):
            raise line
        yield line
        slots.release()


def _lines(descriptor: int, longest: int) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    while chunk := os.read(descriptor, CHUNK_BYTES):
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in whole:
            yield _checked(line, longest)
        _checked(rest, longest)
    if rest := rest + decoder.decode(b"", final=True):
        yield _checked(rest, longest)


def _checked(line: str, longest: int) -> str:
    if len(line) > longest:
        raise LineTooLong
    return line.removesuffix("\r")

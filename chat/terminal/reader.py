"""The lines of a pipe or file, one after the other, without holding up the event loop."""

import asyncio
import codecs
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

CHUNK_BYTES = 64 * 1024
# Lines read ahead of the one that is being posted.
AHEAD = 1000


class LineTooLong(Exception):
    """A line is longer than was allowed; nothing from there on is read."""


async def lines_of(descriptor: int, longest: int) -> AsyncIterator[str]:
    """Each line without its end, as UTF-8; bytes that are none become replacement characters. LineTooLong for one of
    more than `longest` characters, OSError where nothing can be read.

    A thread reads, since a file cannot be waited for by the loop. It holds no lock of Python's own streams, so the
    process may end while it waits for input that never comes.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | Exception | None] = asyncio.Queue()
    room = threading.Semaphore(AHEAD)

    def hand_over(line: str | Exception | None) -> None:
        room.acquire()
        loop.call_soon_threadsafe(lines.put_nowait, line)

    def read() -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody wants to know any more
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
        room.release()


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

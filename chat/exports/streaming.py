"""Files that are sent while they are made: no database connection is held while a client is slow.

Each part is made in the process's one thread for downloads, which gives its connection back after it. A client that
reads nothing keeps a place and a few hundred kilobytes, until `chatsite/server/django_handler.py` ends it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakSet

from django.db import connections
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from chat.errors import Code, Refused

# Of one process, and of one person in it.
MAX_DOWNLOADS = 8
MAX_DOWNLOADS_EACH = 1
RETRY_SECONDS = 30.0
# What is sent at once. A piece of one row may be larger.
PIECE_BYTES = 64 * 1024

_thread = ThreadPoolExecutor(1, "download")


class TooManyDownloads(Refused):
    """Why a download was refused. `is_own`: the person has one already; otherwise the process has too many."""

    def __init__(self, is_own: bool):
        self.is_own = is_own
        detail = (
            "You’re already downloading a file. Try again when it has finished."
            if is_own
            else "Too many people are downloading files right now. Try again in half a minute."
        )
        super().__init__(Code.RATE_LIMITED if is_own else Code.UNAVAILABLE, detail, RETRY_SECONDS)


class Download(StreamingHttpResponse):
    """A file of parts that takes a place of its person until it is closed. Raises TooManyDownloads."""

    # Weak, so that one that nobody sends or closes takes no place for long.
    _open: "WeakSet[Download]" = WeakSet()
    _lock = threading.Lock()

    def __init__(self, person_id: int, parts: Iterator[bytes], content_type: str, name: str):
        self.person_id = person_id
        with self._lock:
            _check_places(person_id, [it.person_id for it in self._open])
            self._open.add(self)
        super().__init__(_made_in_the_thread(parts), content_type=content_type)
        self["Content-Disposition"] = f'attachment; filename="{name}"'
        self["Cache-Control"] = "no-store"

    def close(self) -> None:
        self._open.discard(self)
        super().close()

    @classmethod
    def forget_all(cls) -> None:
        """Free all places, as if no download were being sent."""
        cls._open.clear()


def _check_places(person_id: int, taken: list[int]) -> None:
    if taken.count(person_id) >= MAX_DOWNLOADS_EACH:
        raise TooManyDownloads(is_own=True)
    if len(taken) >= MAX_DOWNLOADS:
        raise TooManyDownloads(is_own=False)


async def _made_in_the_thread(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A server that is asynchronous would gather a synchronous iterator whole before it sends the first byte."""
    loop = asyncio.get_running_loop()
    while part := await loop.run_in_executor(_thread, _next, parts):
        yield part


def _next(parts: Iterator[bytes]) -> bytes:
    """The next part, read by whole pages of rows, so that no cursor is open when the connection goes back."""
    try:
        return next(parts, b"")
    finally:
        connections.close_all()


def in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are large enough to be worth sending, and not much larger."""
    piece: list[bytes] = []
    size = 0
    for chunk in chunks:
        piece.append(chunk)
        size += len(chunk)
        if size >= PIECE_BYTES:
            yield b"".join(piece)
            piece, size = [], 0
    if piece:
        yield b"".join(piece)


def all_rows(rows: "QuerySet[Any]", page: int) -> Iterator[Any]:
    """Every row in the order of its ids, `page` rows in memory at a time.

    What is written meanwhile comes along or does not; what was there before comes once.
    """
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:page]):
        last = found[-1].pk
        yield from found

"""Streamed downloads, which hold no database connection while a client is slow.

One thread per process makes the parts and returns its connection after each. A client that stops reading holds a slot
and a few hundred kilobytes until `chatsite/server/django_handler.py` ends the response.
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

# Limits of a process, and of each person in it.
MAX_DOWNLOADS = 8
MAX_DOWNLOADS_EACH = 1
RETRY_SECONDS = 30.0
# The size of a piece that is sent. A single row may make it larger.
PIECE_BYTES = 64 * 1024

_thread = ThreadPoolExecutor(1, "download")


class TooManyDownloads(Refused):
    """A refused download. With `is_own`, the person has one already. Otherwise the process has too many."""

    def __init__(self, is_own: bool):
        self.is_own = is_own
        detail = (
            "You’re already downloading a file. Try again when it has finished."
            if is_own
            else "Too many people are downloading files right now. Try again in half a minute."
        )
        super().__init__(Code.RATE_LIMITED if is_own else Code.UNAVAILABLE, detail, RETRY_SECONDS)


class Download(StreamingHttpResponse):
    """A file made of parts. It takes a slot of its person until it is closed. Raises TooManyDownloads."""

    # Weak references, so that a response that is never sent or closed does not keep its slot.
    _open: "WeakSet[Download]" = WeakSet()
    _lock = threading.Lock()

    def __init__(self, person_id: int, parts: Iterator[bytes], content_type: str, name: str):
        self.person_id = person_id
        with self._lock:
            _check_slots(person_id, [it.person_id for it in self._open])
            self._open.add(self)
        super().__init__(_made_in_the_thread(parts), content_type=content_type)
        self["Content-Disposition"] = f'attachment; filename="{name}"'
        self["Cache-Control"] = "no-store"

    def close(self) -> None:
        self._open.discard(self)
        super().close()

    @classmethod
    def forget_all(cls) -> None:
        """Free all slots, as if no download were running."""
        cls._open.clear()


def _check_slots(person_id: int, taken: list[int]) -> None:
    if taken.count(person_id) >= MAX_DOWNLOADS_EACH:
        raise TooManyDownloads(is_own=True)
    if len(taken) >= MAX_DOWNLOADS:
        raise TooManyDownloads(is_own=False)


async def _made_in_the_thread(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Make each part in the thread. Under ASGI, Django reads a synchronous iterator whole before it sends a byte."""
    loop = asyncio.get_running_loop()
    while part := await loop.run_in_executor(_thread, _next, parts):
        yield part


def _next(parts: Iterator[bytes]) -> bytes:
    """Return the next part, and return the connection. Parts read whole pages of rows, so no cursor is open then."""
    try:
        return next(parts, b"")
    finally:
        connections.close_all()


def in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Join chunks into pieces of about `PIECE_BYTES`."""
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
    """Yield every row in the order of ids, with `page` rows in memory at a time.

    Each row that existed at the start is yielded once. Rows added meanwhile may be included.
    """
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:page]):
        last = found[-1].pk
        yield from found

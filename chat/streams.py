"""Answers that are sent while they are made."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.http import StreamingHttpResponse


def download(parts: Iterator[bytes], content_type: str, name: str) -> StreamingHttpResponse:
    """A file of these parts, each made in a thread when the one before it is sent."""
    response = StreamingHttpResponse(_in_a_thread(parts), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


async def _in_a_thread(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """In one of its own, with its own connection to the database, for as long as it takes. A server that is
    asynchronous would gather a synchronous iterator whole before it sends the first byte."""
    loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, "download")
    try:
        while part := await loop.run_in_executor(thread, next, parts, b""):
            yield part
    finally:
        thread.submit(connections.close_all)
        thread.shutdown(wait=False)

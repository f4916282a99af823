"""Browsers that load pages again and again: how many the workers serve in a second."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence


async def load(ports: Sequence[int], paths: Iterator[str], cookies: Sequence[str], seconds: float) -> list[float]:
    """A browser per cookie, spread over the workers; each takes the next of `paths`. Returns the seconds of each."""
    until = time.perf_counter() + seconds
    loads = [_browse(port, paths, cookie, until) for port, cookie in zip(itertools.cycle(ports), cookies, strict=False)]
    return [took for times in await asyncio.gather(*loads) for took in times]


async def _browse(port: int, paths: Iterator[str], cookie: str, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    headers = f"Host: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
    took = []
    while (asked := time.perf_counter()) < until:
        writer.write(f"GET {next(paths)} HTTP/1.1\r\n{headers}".encode())
        await _page(reader)
        took.append(time.perf_counter() - asked)
    writer.close()
    return took


async def _page(reader: asyncio.StreamReader) -> bytes:
    """The body of one answer. RuntimeError unless it is the page."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.rstrip().split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(fields["content-length"]))
    if status.split()[1] != "200":
        raise RuntimeError(f"The page was answered with {status}")
    return body

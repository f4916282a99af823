"""Browsers that load the room page again and again: how many the workers serve in a second."""

import asyncio
import itertools
import time
from collections.abc import Sequence


async def load(ports: Sequence[int], room: str, cookies: Sequence[str], seconds: float) -> list[float]:
    """A browser for each cookie, spread over the workers. The seconds that each page took."""
    until = time.perf_counter() + seconds
    loads = [_browse(port, room, cookie, until) for port, cookie in zip(itertools.cycle(ports), cookies, strict=False)]
    return [took for times in await asyncio.gather(*loads) for took in times]


async def _browse(port: int, room: str, cookie: str, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET /rooms/{room}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    took = []
    while (asked := time.perf_counter()) < until:
        writer.write(request)
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
        raise RuntimeError(f"The room page was answered with {status}")
    return body

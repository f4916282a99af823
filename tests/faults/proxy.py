"""A TCP proxy that passes everything on until it is told to delay, swallow, cut or half-open connections."""

import asyncio
import contextlib

CHUNK_BYTES = 64 * 1024


class Proxy:
    """A proxy in front of the port `target`, which can be changed for later connections. `port` is its own."""

    def __init__(self, target):
        self.target, self.port = target, None
        self.delay_seconds = 0.0
        self._silent = {"requests": False, "answers": False}
        self._server, self._lines, self._tasks = None, set(), set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---- Control

    def cut(self):
        """Break all connections, on both sides, without a close frame."""
        for writer in list(self._lines):
            writer.transport.abort()

    def silence(self, *, requests=False, answers=False):
        """Accept everything and pass nothing on in these directions, with all connections open."""
        self._silent = {"requests": requests, "answers": answers}

    def heal(self):
        """Pass everything on again. Cut the connections that lost data, because TCP would not have lost it."""
        if any(self._silent.values()):
            self.silence()
            self.cut()
        self.delay_seconds = 0.0

    # ---- Connections

    async def _serve(self, reader, writer):
        try:
            there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        ends = {writer, there[1]}
        self._lines |= ends
        for direction, source, sink in (("requests", reader, there[1]), ("answers", there[0], writer)):
            task = asyncio.create_task(self._pass_on(direction, source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, direction, source, sink):
        try:
            with contextlib.suppress(OSError):
                while chunk := await source.read(CHUNK_BYTES):
                    if self.delay_seconds:
                        await asyncio.sleep(self.delay_seconds)
                    if not self._silent[direction]:
                        sink.write(chunk)
                        await sink.drain()
        finally:
            sink.close()
            self._lines.discard(sink)

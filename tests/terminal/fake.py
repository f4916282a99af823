"""A fake site that a test scripts: HTTP and WebSockets on one port, in this process."""

import asyncio
import json

from websockets.frames import Opcode
from websockets.server import ServerProtocol

from tests.site import PATIENCE_SECONDS

JOINED = json.dumps({"token": "fake-token", "you": {"id": 7, "name": "ada", "guest": True}})


class Gone(Exception):
    """The client has closed the connection, with this `code`."""


class Wire:
    """A WebSocket, from the server's side."""

    def __init__(self, protocol, reader, writer):
        self._protocol, self._reader, self._writer = protocol, reader, writer
        self._frames = []

    async def say(self, *frames):
        """Send frames: objects as JSON, text as it is."""
        for frame in frames:
            self._protocol.send_text((frame if isinstance(frame, str) else json.dumps(frame)).encode())
        await self._flush()

    async def say_bytes(self, data):
        self._protocol.send_binary(data)
        await self._flush()

    async def hear(self):
        """Return the next frame of the client. Raise Gone after the last one."""
        while not self._frames:
            data = await self._reader.read(65536)
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            events = self._protocol.events_received()
            self._frames += [json.loads(it.data) for it in events if it.opcode is Opcode.TEXT]
            await self._flush()
            if not data and not self._frames:
                raise Gone
        return self._frames.pop(0)

    async def hear_a(self, kind):
        while (frame := await self.hear())["type"] != kind:
            pass
        return frame

    async def close(self, code=1000):
        self._protocol.send_close(code)
        await self._flush()

    def drop(self):
        """Cut the connection without a close frame."""
        self._writer.transport.abort()

    async def _flush(self):
        for data in self._protocol.data_to_send():
            if data:
                self._writer.write(data)
            else:
                self._writer.write_eof()
        await self._writer.drain()


async def listen(wire):
    """Send nothing until the client disconnects."""
    while True:
        await wire.hear()


class FakeSite:
    """`talk` is called with each WebSocket, `answers` gives (status, headers, body) by the beginning of a path, and
    `speak`, if there is one, has each connection to itself. `requests` are those that came: (method, path, headers)."""

    def __init__(self):
        self.requests, self.answers, self.talks = [], {"/api/join/": (200, {}, JOINED)}, []
        self.speak, self.scheme = None, "http"
        self.subprotocols = ["chat.v1"]
        self._failures, self._tasks = [], set()

    @property
    def address(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def talk(self, function):
        """Set the script for the next WebSocket. The last script repeats."""
        self.talks.append(function)
        return function

    async def speak_tls(self, context):
        """Use TLS from now on, at another address."""
        self._server.close()
        self.scheme = "https"
        await self._listen(ssl=context)

    async def __aenter__(self):
        await self._listen()
        return self

    async def _listen(self, **options):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, **options)
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *error):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._failures and error[0] is None:
            raise self._failures[0]

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            await (self.speak or self._answer)(reader, writer)
        except (Gone, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except Exception as error:
            self._failures.append(error)
        finally:
            writer.close()

    async def _answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        method, path, _ = lines[0].split()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:-2])}
        await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append((method, path, headers))
        answer = next((it for start, it in self.answers.items() if path.startswith(start)), None)
        if answer is None and "upgrade" in headers:
            await self._talk(await self._wire(head, reader, writer))
            return
        status, fields, body = answer or (404, {}, "not here")
        data = body.encode()
        lines = [f"HTTP/1.1 {status} So", *(f"{it}: {fields[it]}" for it in fields), f"Content-Length: {len(data)}"]
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + data)
        await writer.drain()

    async def _wire(self, head, reader, writer):
        protocol = ServerProtocol(subprotocols=self.subprotocols, max_size=None)
        protocol.receive_data(head)
        [request] = protocol.events_received()
        protocol.send_response(protocol.accept(request))
        wire = Wire(protocol, reader, writer)
        await wire.say()
        return wire

    async def _talk(self, wire):
        talk = self.talks.pop(0) if len(self.talks) > 1 else self.talks[0]
        async with asyncio.timeout(PATIENCE_SECONDS):
            await talk(wire)

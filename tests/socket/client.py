"""Clients for tests that read the wire: one that follows the protocol, and a plain-text one."""

import asyncio
import json
import uuid
from urllib.parse import quote, urlencode

from channels.testing import WebsocketCommunicator

from chatsite.asgi import application

PATIENCE_SECONDS = 10


def wire(slug, query, headers, subprotocols, address="192.0.2.1"):
    """Return a socket to the application that is not connected yet."""
    path = f"/ws/chat/{quote(slug)}/" + (f"?{urlencode(query)}" if query else "")
    raw = [(name.lower().encode(), value.encode()) for name, value in {"Host": "testserver", **(headers or {})}.items()]
    communicator = WebsocketCommunicator(application, path, headers=raw, subprotocols=list(subprotocols))
    communicator.scope["client"] = [address, 40000]
    return communicator


class Socket:
    """A socket and its state: `rows` maps seqs to messages, `cursor` is its position, `frames` are all other frames."""

    def __init__(self, slug, *, headers=None, subprotocols=("chat.v1",), address="192.0.2.1", extensions=None, **query):
        self._wire = wire(slug, query, headers, subprotocols, address)
        self._wire.scope["extensions"] = extensions or {}
        self.rows, self.cursor, self.frames = {}, None, []
        self.hello = None
        self._unacknowledged = 0

    async def enter(self):
        """Connect and read the hello."""
        assert await self._wire.connect(PATIENCE_SECONDS) == (True, "chat.v1")
        self.hello = await self.receive()
        assert self.hello["type"] == "hello", self.hello
        self.cursor = self.hello["cursor"]
        return self

    async def refusal(self):
        """Connect and be refused. Return the error frame and the close code."""
        accepted, _ = await self._wire.connect(PATIENCE_SECONDS)
        assert accepted, "a browser cannot see why it was refused unless it is accepted first"
        error = json.loads(await self._wire.receive_from(PATIENCE_SECONDS))
        assert error["type"] == "error"
        return error, await self.close_code()

    async def send(self, frame):
        await self._wire.send_to(text_data=frame if isinstance(frame, str) else json.dumps(frame))

    async def send_bytes(self, data):
        await self._wire.send_to(bytes_data=data)

    async def receive(self):
        """Return the next frame, after applying it as the protocol says."""
        frame = json.loads(await self._wire.receive_from(PATIENCE_SECONDS))
        if frame["type"] == "reset":
            self.rows = {}
        if frame["type"] in ("changes", "reset"):
            self.cursor = frame["cursor"]
        for message in frame.get("messages", ()):
            if message["rev"] > self.rows.get(message["seq"], {"rev": 0})["rev"]:
                self.rows[message["seq"]] = message
        self.frames.append(frame)
        await self._acknowledge(len(frame.get("messages", ())))
        return frame

    async def _acknowledge(self, messages):
        self._unacknowledged += messages
        if self._unacknowledged >= 50 or messages > 5:
            self._unacknowledged = 0
            await self.send({"type": "ack", "cursor": self.cursor})

    async def until(self, condition):
        """Return the next frame for which `condition` holds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                frame = await self.receive()
                if condition(frame):
                    return frame

    async def next(self, kind):
        return await self.until(lambda frame: frame["type"] == kind)

    async def ask(self, kind, **fields):
        """Send a command and return its answer."""
        ref = uuid.uuid4().hex
        await self.send({"type": kind, "ref": ref, **fields})
        return await self.until(lambda frame: frame.get("ref") == ref)

    async def post(self, body="hello", **fields):
        """Post, and return the answer. It carries `client_id` if the post was accepted."""
        return await self.ask("post", **{"client_id": str(uuid.uuid4()), "body": body, **fields})

    async def holds(self, *seqs):
        """Read until messages `seqs` are known."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.rows.keys() >= set(seqs):
                await self.receive()

    async def close_code(self):
        """Read until the server closes, and return the code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                event = await self._wire.receive_output(PATIENCE_SECONDS)
                if event["type"] == "websocket.close":
                    return event["code"]
                self.frames.append(json.loads(event["text"]))

    async def leave(self):
        if not self._wire.future.done():
            await self._wire.disconnect(timeout=PATIENCE_SECONDS)


class PlainSocket:
    """A socket without a subprotocol: it sends text and keeps the received lines."""

    def __init__(self, slug, *, headers=None, **query):
        self._wire = wire(slug, query, headers, ())
        self.lines = []

    async def enter(self):
        assert await self._wire.connect(PATIENCE_SECONDS) == (True, None)
        return self

    async def refusal(self):
        """Connect and be refused. Return the line with the reason, and the close code."""
        await self.enter()
        return await self.next(), await self.close_code()

    async def send(self, text):
        await self._wire.send_to(text_data=text)

    async def send_bytes(self, data):
        await self._wire.send_to(bytes_data=data)

    async def next(self):
        self.lines.append(await self._wire.receive_from(PATIENCE_SECONDS))
        return self.lines[-1]

    async def until(self, end):
        """Return the next line that ends with this text."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (line := await self.next()).endswith(end):
                pass
            return line

    async def close_code(self):
        """Read until the server closes, and return the code."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (event := await self._wire.receive_output(PATIENCE_SECONDS))["type"] != "websocket.close":
                self.lines.append(event["text"])
            return event["code"]

    async def leave(self):
        if not self._wire.future.done():
            await self._wire.disconnect(timeout=PATIENCE_SECONDS)

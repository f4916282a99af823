"""One person with a client as docs/protocol.md requires: it resumes at its cursor and resends unanswered commands."""

import asyncio
import contextlib
import json
import urllib.request
from collections import Counter

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.faults.log import Log
from tests.faults.outbox import Outbox
from tests.site import PATIENCE_SECONDS

# The site closes a client that reads nothing within half a minute. A silent connection is pinged, then replaced.
QUIET_SECONDS, DEAD_AFTER = 5.0, 3
# Shorter than people's clients wait, so that the time to heal is the site's and not theirs.
WAIT_SECONDS = (0.05, 0.4)
NOT_BY_ITSELF = {4401, 4403, 4404}


class Member:
    """A member. `client_ports` are the ports of the site. A client that is not admitted tries the next."""

    wait_seconds = WAIT_SECONDS

    def __init__(self, person, room, client_ports, rng):
        self.person, self.room = person, room
        self.client_ports, self._rng, self._turn = client_ports, rng, rng.randrange(1000)
        self.log, self.reloads, self.cursor, self.head = Log(), 0, None, None
        self.outbox = Outbox(self._say, self._after)
        self.closes, self.troubles, self.was_removed = [], [], False
        self.refusals, self._told_seconds = Counter(), None
        self.changed_at = self.entered_at = self.lost_at = self.connecting_at = None
        self._wire, self._task, self._news, self._saying = None, None, asyncio.Event(), set()

    # ---- Connecting

    def come(self):
        self._task = asyncio.create_task(self._stay())

    async def leave(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def until(self, condition, seconds=PATIENCE_SECONDS):
        async with asyncio.timeout(seconds):
            while not condition():
                if self._task.done():
                    self._task.result()  # what ended it, if it failed
                self._news.clear()
                await self._news.wait()

    @property
    def is_in(self):
        return self._wire is not None

    def equals(self, rows):
        return self.log.holds(rows)

    async def _stay(self):
        while not self.was_removed:
            self.connecting_at = asyncio.get_running_loop().time()
            with contextlib.suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                await self._visit()
            self._turn += 1
            seconds, self._told_seconds = self._told_seconds, None
            await asyncio.sleep(self._rng.uniform(*self.wait_seconds) if seconds is None else seconds)

    def _address(self):
        port = self.client_ports[self._turn % len(self.client_ports)]
        query = f"after={self.cursor}" if self.cursor else "history=200"
        return f"ws://127.0.0.1:{port}/ws/chat/{self.room}/?{query}"

    async def _visit(self):
        headers = self.person.headers(self.client_ports[self._turn % len(self.client_ports)])
        options = {"max_size": None, "compression": None, "ping_interval": None, "open_timeout": 20, "close_timeout": 1}
        async with connect(
            self._address(), subprotocols=["chat.v1"], additional_headers=headers, proxy=None, **options
        ) as wire:
            self.log.new_line()
            try:
                await self._listen(wire)
            finally:
                self._lose(wire)

    async def _listen(self, wire):
        silent = 0
        while silent < DEAD_AFTER:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    text = await wire.recv()
            except TimeoutError:
                silent += 1
                await wire.send('{"type":"ping"}')
                continue
            silent = 0
            await self._take(wire, json.loads(text))
        wire.transport.abort()

    def _lose(self, wire):
        if self._wire is wire:
            self._wire, self.lost_at = None, asyncio.get_running_loop().time()
        self.closes.append(wire.close_code)
        self.was_removed = wire.close_code in NOT_BY_ITSELF
        self._news.set()

    def hang_up(self):
        if self._wire is not None:
            self._wire.transport.abort()

    # ---- Frames

    async def _take(self, wire, frame):
        match frame["type"]:
            case "hello":
                self._wire, self.head = wire, frame["cursor"]
                self.entered_at = asyncio.get_running_loop().time()
                self.outbox.again()
            case "changes":
                self.log.take(frame["messages"])
                self.cursor, self.changed_at = frame["cursor"], asyncio.get_running_loop().time()
                self._say({"type": "ack", "cursor": self.cursor})
            case "reset":
                await self._load_anew(frame["cursor"])
            case "ok":
                self.outbox.answered(frame)
            case "error" if frame.get("ref"):
                self.refusals[frame["code"]] += 1
                self.outbox.answered(frame)
            case "error":
                self.refusals[frame["code"]] += 1
                self._told_seconds = frame.get("retry_after")
            case "bye":
                self._told_seconds = frame.get("reconnect_after")
        self._news.set()

    async def _load_anew(self, cursor):
        self.reloads += 1
        self.log.forget()
        for page in await asyncio.to_thread(lambda: list(self._pages())):
            self.log.load(page)
        self.cursor, self.changed_at = cursor, asyncio.get_running_loop().time()

    def _pages(self):
        """Load the whole room over HTTP, the newest page first."""
        port, before, more = self.client_ports[self._turn % len(self.client_ports)], "", True
        while more:
            address = f"http://127.0.0.1:{port}/api/rooms/{self.room}/messages/?limit=200{before}"
            request = urllib.request.Request(address, headers=self.person.headers(port))
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                page = json.load(answer)
            yield page["messages"]
            more, before = page["more"], f"&before={page['messages'][0]['seq']}" if page["messages"] else ""

    def _say(self, frame):
        if self._wire is not None:
            saying = asyncio.ensure_future(self._wire.send(json.dumps(frame)))
            self._saying.add(saying)
            saying.add_done_callback(self._said)

    def _said(self, saying):
        self._saying.discard(saying)
        # A request that failed with the connection is sent again.
        if not saying.cancelled() and not isinstance(saying.exception(), ConnectionClosed | None):
            self.troubles.append(repr(saying.exception()))

    def _after(self, seconds, call):
        asyncio.get_running_loop().call_later(seconds, call)

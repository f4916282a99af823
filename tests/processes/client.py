"""A client on a real socket that follows the protocol."""

import asyncio
import contextlib
import json
import uuid
from types import MappingProxyType

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.site import PATIENCE_SECONDS

# Messages that a client without a cursor asks for.
HISTORY = 200


class Client:
    """A well-behaved client: it keeps its cursor and unanswered posts, reconnects until admitted, and sends again."""

    # How to get there, if not by the shortest way.
    options = MappingProxyType({})

    def __init__(self, token, slug="lobby"):
        self.port, self._token, self._slug = None, token, slug
        self.rows, self.cursor, self.resets, self.people = {}, None, 0, {}
        self._unanswered, self._news = {}, asyncio.Condition()
        self._task, self._wire, self._retries = None, None, set()
        self.close_event, self._reason, self.closes = None, None, []

    async def follow(self, port):
        """Connect, or continue at another port."""
        self.port = port
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        await self.until(lambda: self._wire is not None)
        return self

    async def post(self, body):
        """Post, and return when it is acknowledged, after any number of attempts."""
        client_id = str(uuid.uuid4())
        self._unanswered[client_id] = {"type": "post", "ref": client_id, "client_id": client_id, "body": body}
        if self._wire is not None:
            await self._try(self._wire, self._unanswered[client_id])
        await self.until(lambda: client_id not in self._unanswered)
        return client_id

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(condition)

    def log(self):
        return [(seq, *self.rows[seq]) for seq in sorted(self.rows)]

    async def leave(self):
        tasks = [self._task, *self._retries]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def base_url(self):
        return f"ws://127.0.0.1:{self.port}"

    async def _run(self):
        while True:
            try:
                await self._connection()
            except (OSError, TimeoutError, InvalidHandshake):
                await asyncio.sleep(0.05)  # the server is not up yet

    async def _connection(self):
        query = f"after={self.cursor}" if self.cursor else f"history={HISTORY}"
        address = f"{self.base_url()}/ws/chat/{self._slug}/?{query}"
        headers = {"Authorization": f"Bearer {self._token}"}
        async with connect(
            address,
            subprotocols=["chat.v1"],
            additional_headers=headers,
            max_size=None,
            compression=None,
            **self.options,
        ) as wire:
            try:
                async for text in wire:
                    await self._take(wire, json.loads(text))
            except ConnectionClosed:
                return
            finally:
                self._wire = None
                self.closes.append(wire.close_code)
                if self._reason is not None:
                    self.close_event, self._reason = (self._reason, wire.close_code), None
                    async with self._news:
                        self._news.notify_all()

    async def _take(self, wire, frame):
        if frame["type"] == "hello":
            self._wire = wire
            for unanswered in list(self._unanswered.values()):
                await self._try(wire, unanswered)
        elif frame["type"] == "reset":
            self.resets, self.cursor = self.resets + 1, frame["cursor"]
        elif frame["type"] == "changes":
            for message in frame["messages"]:
                if message["rev"] > self.rows.get(message["seq"], (0,))[0]:
                    self.rows[message["seq"]] = (message["rev"], message["client_id"], message["body"])
            self.cursor = frame["cursor"]
            await self._try(wire, {"type": "ack", "cursor": self.cursor})
        elif frame["type"] == "ok" and "client_id" in frame:
            self._unanswered.pop(frame["client_id"], None)
        elif frame["type"] == "error" and frame.get("ref") in self._unanswered:
            self._later(frame["retry_after"], wire, frame["ref"])
        elif frame["type"] == "bye":
            self._reason = frame["reason"]
        elif frame["type"] == "people":
            self.people |= {person["id"]: person["name"] for person in frame["joined"]}
            self.people = {who: name for who, name in self.people.items() if who not in frame["left"]}
        async with self._news:
            self._news.notify_all()

    def _later(self, seconds, wire, client_id):
        """Send again later. Keep reading, because a bye may follow a refusal."""

        async def ask_again():
            await asyncio.sleep(seconds)
            if wire is self._wire and client_id in self._unanswered:
                await self._try(wire, self._unanswered[client_id])

        task = asyncio.create_task(ask_again())
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _try(self, wire, frame):
        """Send a frame. A lost connection is not a failure, because unanswered commands are sent again."""
        with contextlib.suppress(ConnectionClosed):
            await wire.send(json.dumps(frame))


async def everybody_holds(clients, site):
    stored = site.stored()
    for client in clients:
        await client.until(lambda it=client: it.log() == stored)
        assert client.resets == 0
    return stored

"""A person on the tutorial's page, extended to reconnect: it loads the last messages again and shows what arrives."""

import asyncio
import json
import uuid
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults.member import Member


@dataclass(eq=False)
class Said:
    """A message of the tutorial. Nothing acknowledges it, so it counts as sent when it comes back. `is_refused` means
    that there was no connection."""

    client_id: str
    is_done: bool = False
    is_refused: bool = False
    answer = {}


class Page:
    """The messages on the page, oldest first. Each begins with its id."""

    def __init__(self):
        self.shown = []

    def __len__(self):
        return len(self.shown)


class Sent:
    """Everything a person typed. A page without a connection refuses it."""

    is_empty, ahead = True, 0

    def __init__(self, send):
        self.asked, self._send = [], send

    def post(self, body):
        said = Said(uuid.uuid4().hex)
        self.asked.append(said)
        said.is_refused = not self._send({"message": f"{said.client_id} {body}"})
        return said


class TutorialMember(Member):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.log, self.outbox = Page(), Sent(self._say)
        self._loads = 0

    def _address(self):
        return f"ws://127.0.0.1:{self.client_ports[self._turn % len(self.client_ports)]}/ws/chat/{self.room}/"

    async def _visit(self):
        async with connect(self._address(), proxy=None, compression=None, max_size=None, open_timeout=20) as wire:
            self._wire, self.entered_at = wire, asyncio.get_running_loop().time()
            self._loads += 1
            self.reloads = self._loads - 1
            self.log.shown.clear()
            self._news.set()
            try:
                async for text in wire:
                    self._show(json.loads(text)["message"].partition(" ")[0])
            except ConnectionClosed:
                return
            finally:
                self._lose(wire)

    def _show(self, client_id):
        self.log.shown.append(client_id)
        self.changed_at = asyncio.get_running_loop().time()
        for said in self.outbox.asked:
            said.is_done = said.is_done or said.client_id == client_id
        self._news.set()

    def _say(self, frame):
        super()._say(frame)
        return self._wire is not None

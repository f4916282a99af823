"""A simple room log, its database and its clients, to test the real feed and pump."""

import asyncio
import json

from chat import broadcast
from chat.history import ChangedRows, Head

EPOCH, ROOM = "e0", 7


class Log:
    """The true log: seq to (rev, text), as the database would hold it."""

    def __init__(self, epoch=EPOCH):
        self.epoch, self.rows, self.rev, self.floor_rev = epoch, {}, 0, 0

    @property
    def head(self):
        return Head(self.epoch, ROOM, len(self.rows), self.rev, self.floor_rev)

    def commit(self, *seqs):
        """Commit a transaction that posts (new seqs) or changes messages. Return its broadcast."""
        before = self.rev
        for seq in seqs:
            self.rev += 1
            self.rows[min(seq, len(self.rows) + 1)] = (self.rev, self.text(self.rev))
        return broadcast.changes(ROOM, self.epoch, before, self.rev, self.entries(before, self.rev))

    def text(self, rev):
        return f"text {rev}"

    def entries(self, after, up_to):
        rows = sorted((rev, seq, text) for seq, (rev, text) in self.rows.items() if after < rev <= up_to)
        return [(rev, json.dumps({"seq": seq, "rev": rev, "body": text}).encode()) for rev, seq, text in rows]


class Database:
    """A database that is read like the real one: the head first, then, after other tasks have run, the rows."""

    def __init__(self, log):
        self.log, self.reads, self.failures = log, 0, []

    async def read(self, function, room_id, rev, limit):
        self.reads += 1
        if self.failures:
            raise self.failures.pop()
        top = self.log.head
        await asyncio.sleep(0)
        entries = self.log.entries(rev, top.rev)[:limit]
        await asyncio.sleep(0)
        return ChangedRows(top, rev, entries[-1][0] if len(entries) == limit else top.rev, entries)


class Client:
    """A client that follows the protocol. It holds seq to (rev, text)."""

    def __init__(self, rows=()):
        self.rows, self.cursor, self.frames, self.resets, self.closed = dict(rows), None, [], 0, None
        self.is_stuck = asyncio.Event()
        self.is_stuck.set()

    async def send(self, event):
        await self.is_stuck.wait()
        if event["type"] == "websocket.close":
            self.closed = event["code"]
        else:
            self._take(event["text"])

    def try_send(self, text):
        if self.is_stuck.is_set():
            self._take(text)
        return self.is_stuck.is_set()

    def _take(self, text):
        frame = json.loads(text)
        self.frames.append(frame)
        if frame["type"] == "reset":
            self.resets += 1
            self.rows = {}
        if "cursor" in frame:
            self.cursor = frame["cursor"]
        for message in frame.get("messages", ()):
            if message["rev"] > self.rows.get(message["seq"], (0,))[0]:
                self.rows[message["seq"]] = (message["rev"], message["body"])


async def settle():
    """Run all tasks until none can continue at once."""
    for _ in range(200):
        await asyncio.sleep(0)

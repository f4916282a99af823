"""Feeds and pumps under every interleaving of what may happen to broadcasts, reads, clients, processes and the log."""

import asyncio
import logging
from dataclasses import replace

import pytest
from django.db import OperationalError
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chat import broadcast
from chat.delivery import feed as feed_module
from chat.delivery import pump as pump_module
from chat.delivery import segment as span_module
from chat.delivery.feed import Feed
from chat.delivery.pump import Pump
from chat.protocol import Cursor
from tests.models import long
from tests.models.clock import Loop
from tests.simulated_room import ROOM, Client, Database, Log

RESUMABLE = 12
places = st.integers(0, 7)


class Truth(Log):
    """A log that may be restored from a backup, and whose oldest changes may be purged. `ever` holds
    every row of each epoch's log."""

    def __init__(self):
        super().__init__("e0")
        self.backup = (0, {}, 0)
        self.ever = {"e0": set()}

    def commit(self, *seqs):
        event = super().commit(*seqs)
        self.ever[self.epoch] |= {*self.rows.items()}
        return event

    def text(self, rev):
        return f"{self.epoch}: {rev}"

    def back_up(self):
        self.backup = (self.rev, dict(self.rows), self.floor_rev)

    def restore(self):
        self.rev, rows, self.floor_rev = self.backup
        self.rows, self.epoch = dict(rows), f"e{int(self.epoch[1:]) + 1}"
        self.ever[self.epoch] = {*self.rows.items()}


class Purged(Database):
    """A database in which the entries below the floor are purged."""

    async def read(self, function, room_id, rev, limit):
        rows = await super().read(function, room_id, rev, limit)
        return replace(rows, entries=[entry for entry in rows.entries if entry[0] > rows.head.floor_rev])


class Reader(Client):
    """A client that loads the newest page after a reset, and reconnects at its cursor."""

    def __init__(self, log):
        super().__init__(log.rows)
        self.cursor = str(log.head.cursor)
        self.log, self.cursors, self.pump = log, [], None
        self.loaded_from = log.epoch

    async def send(self, event):
        await super().send(event)
        if self.frames[-1]["type"] == "reset":
            self.rows, self.loaded_from, self.cursors = dict(self.log.rows), self.log.epoch, []
        self.cursors.append(Cursor.parse(self.cursor))

    def check(self):
        """Check that each client holds everything up to a resumable cursor, and nothing that its log never
        contained."""
        cursor = Cursor.parse(self.cursor)
        if cursor.epoch == self.loaded_from:
            assert {*self.rows.items()} <= self.log.ever[cursor.epoch]
        if cursor.epoch == self.loaded_from == self.log.epoch and cursor.rev >= self.log.floor_rev:
            due = {seq: row for seq, row in self.log.rows.items() if row[0] <= cursor.rev}
            assert due.items() <= self.rows.items()


class Process:
    """One worker: its feed of the room, and the pump of each client that is connected to it."""

    def __init__(self, log, loop):
        self.log, self.loop = log, loop
        self.database = Purged(log)
        self.feed = Feed(log.head, self.database)
        self.pumps, self.checks = {}, []

    def enter(self, client, head):
        """Admit a client as a worker does, with a head that was read a while ago."""
        cursor = Cursor.parse(client.cursor)
        can_resume = head.can_resume(cursor, RESUMABLE)
        try_send = client.try_send if len(self.pumps) % 2 else None
        client.pump = pump = Pump(self.feed, cursor.rev if can_resume else head.rev, client.send, try_send=try_send)
        self.feed.observe_head(head, known=("", 0))
        self.feed.pumps.add(pump)
        self.pumps[client] = self.loop.create_task(pump.run())
        if not can_resume:
            pump.send(f'{{"type":"reset","cursor":"{head.cursor}"}}')

    def leave(self, client):
        self.pumps.pop(client).cancel()
        self.feed.pumps.discard(client.pump)
        client.pump = None
        client.is_stuck.set()

    def take(self, event):
        if event["type"] == "room.moved":
            self.feed.catch_up()
        else:
            self.feed.take(event)

    def check_head(self):
        self.feed.observe_head(self.log.head, known=(self.feed.epoch, self.feed.rev))

    def end(self):
        clients = list(self.pumps)
        for client in clients:
            self.leave(client)
        self.loop.run_until_complete(self.feed.stop())
        return clients


class Delivery(RuleBasedStateMachine):
    @initialize(ring=st.integers(1, 9), page=st.integers(1, 6), frame=st.sampled_from([300, 400, 200_000]))
    def begin(self, ring, page, frame):
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(feed_module, "RING_CHANGES", ring)
        self.patch.setattr(feed_module, "PAGE_CHANGES", page)
        self.patch.setattr(feed_module, "MAX_EARLY", 3)
        self.patch.setattr(span_module, "MAX_FRAME_OUT_BYTES", frame)
        self.patch.setattr(pump_module, "WINDOW_BYTES", 400)
        self.loop = Loop()
        asyncio.set_event_loop(self.loop)
        self.log = Truth()
        self.on_the_way, self.entering = [], []
        self.clients, self.offline = [], []
        self.processes = [self.new(), self.new()]
        for process in self.processes:
            self.come()
            self.in_loop(lambda it=process: it.enter(self.offline.pop(), self.log.head))

    def new(self):
        return self.in_loop(lambda: Process(self.log, self.loop))

    def in_loop(self, call):
        """Call a function in the event loop, like all parts of a process."""

        async def run():
            return call()

        return self.loop.run_until_complete(run())

    # ---- The log

    @rule(seqs=st.lists(st.integers(1, 20), min_size=1, max_size=4), too_large=st.booleans())
    def commit(self, seqs, too_large):
        event = self.log.commit(*seqs)
        if too_large and len(seqs) == 4:
            event = broadcast.moved(ROOM, event["epoch"], event["rev"])
        self.on_the_way += [(process, event) for process in self.processes]

    @rule()
    def back_up(self):
        self.log.back_up()

    @precondition(lambda self: self.log.rev)
    @rule()
    def restore(self):
        self.log.restore()

    @rule(share=st.integers(0, 100))
    def purge(self, share):
        self.log.floor_rev = max(self.log.floor_rev, self.log.rev * share // 100)

    @rule(where=places, number=st.integers(1, 3))
    def fail_reads(self, where, number):
        self.process(where).database.failures += [OperationalError("gone")] * number

    # ---- The layer

    @precondition(lambda self: self.on_the_way)
    @rule(which=places, fate=st.sampled_from(["deliver", "deliver", "deliver", "double", "drop"]))
    def carry(self, which, fate):
        place = which % len(self.on_the_way)
        process, event = self.on_the_way[place]
        if fate != "double":
            del self.on_the_way[place]
        if fate != "drop" and process in self.processes:
            self.in_loop(lambda: process.take(event))

    @rule(turns=st.integers(0, 2))
    def carry_all(self, turns):
        """Deliver the broadcasts one after the other while the clients go on."""

        async def carry():
            for process, event in self.on_the_way:
                if process in self.processes:
                    process.take(event)
                for _ in range(turns):
                    await asyncio.sleep(0)

        self.loop.run_until_complete(carry())
        self.on_the_way.clear()

    # ---- Processes

    def process(self, where):
        return self.processes[where % len(self.processes)]

    @rule(where=places)
    def begin_head_check(self, where):
        process = self.process(where)
        process.checks.append((self.log.head, (process.feed.epoch, process.feed.rev)))

    @rule(where=places)
    def end_head_check(self, where):
        process = self.process(where)
        if process.checks:
            head, known = process.checks.pop(0)
            self.in_loop(lambda: process.feed.observe_head(head, known=known))

    @rule(where=places)
    def restart(self, where):
        old = self.process(where)
        self.offline += old.end()
        self.entering = [(process, *rest) for process, *rest in self.entering if process is not old]
        self.offline += [it for it in self.clients if it.pump is None and it not in self.offline + self.waiting()]
        self.processes[self.processes.index(old)] = self.new()

    def waiting(self):
        return [client for _, client, _ in self.entering]

    # ---- Clients

    @rule()
    def come(self):
        self.clients.append(Reader(self.log))
        self.offline.append(self.clients[-1])

    @precondition(lambda self: self.offline)
    @rule(which=places, where=places)
    def knock(self, which, where):
        """Read the head. The client is admitted later."""
        client = self.offline.pop(which % len(self.offline))
        self.entering.append((self.process(where), client, self.log.head))

    @precondition(lambda self: self.entering)
    @rule(which=places)
    def enter(self, which):
        process, client, head = self.entering.pop(which % len(self.entering))
        self.in_loop(lambda: process.enter(client, head))

    @rule(where=places, which=places)
    def cut_off(self, where, which):
        process = self.process(where)
        if process.pumps:
            client = list(process.pumps)[which % len(process.pumps)]
            self.in_loop(lambda: process.leave(client))
            self.offline.append(client)

    @rule(which=places, is_stuck=st.booleans())
    def hold_up(self, which, is_stuck):
        connected = [client for client in self.clients if client.pump]
        if connected:
            event = connected[which % len(connected)].is_stuck
            event.clear() if is_stuck else event.set()

    @rule(which=places)
    def acknowledge(self, which):
        connected = [client for client in self.clients if client.pump]
        if connected:
            client = connected[which % len(connected)]
            self.in_loop(lambda: self._acknowledge(client))

    def _acknowledge(self, client):
        cursor = Cursor.parse(client.cursor)
        if cursor.epoch == client.pump.feed.epoch:
            client.pump.acknowledge(cursor.rev)

    @invariant()
    def cursors_are_true(self):
        for client in getattr(self, "clients", ()):
            client.check()

    # ---- Time

    @rule(turns=st.integers(1, 4))
    def turn(self, turns):
        self.loop.turn(turns)

    @rule(seconds=st.sampled_from([0.01, 0.04, 1.1]))
    def wait(self, seconds):
        self.loop.wait(seconds)

    # ---- The end

    def teardown(self):
        if not hasattr(self, "loop"):
            return
        try:
            self.settle()
            for client in self.clients:
                assert client.rows == self.log.rows
                assert client.cursor == str(self.log.head.cursor)
                self.check_cursors(client)
        finally:
            for process in self.processes:
                process.end()
            self.loop.close()
            self.patch.undo()

    def settle(self):
        """End all faults. Every process checks the heads, every client reconnects and acknowledges."""
        while self.entering:
            self.enter(0)
        for process in self.processes:
            process.database.failures.clear()
            process.checks.clear()
        while self.offline:
            self.knock(0, 0)
            self.enter(0)
        for client in self.clients:
            client.is_stuck.set()
        for _ in range(200):
            if all(it.rows == self.log.rows and it.cursor == str(self.log.head.cursor) for it in self.clients):
                return
            for process in self.processes:
                self.in_loop(process.check_head)
            self.loop.wait(1.2)
            for client in self.clients:
                # An acknowledgement wakes the pump. So do not send one unless the pump waits for it.
                if client.pump._window >= pump_module.WINDOW_BYTES:
                    self.in_loop(lambda it=client: self._acknowledge(it))

    def check_cursors(self, client):
        """Between two resets a cursor only moves forward."""
        for before, after in zip(client.cursors, client.cursors[1:], strict=False):
            assert before.epoch == after.epoch
            assert before.rev <= after.rev


def test_every_client_ends_with_the_rooms_log(caplog):
    caplog.set_level(logging.CRITICAL, "chat.delivery")
    run_state_machine_as_test(Delivery, settings=long(75, 60))

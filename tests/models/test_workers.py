"""Several workers over one database and an unreliable channel layer, from the command to the client, against a
model."""

import asyncio
import itertools
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connections
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from chat import broadcast, history
from chat.actions.accounts import join_as_guest
from chat.actions.batch import Request
from chat.actions.rooms import create_room
from chat.delivery.feed import Feed
from chat.delivery.pump import Pump
from chat.delivery.writer import Writer
from chat.errors import ActionError
from chat.protocol import Cursor
from tests.models import long
from tests.models import room as model
from tests.models.clock import Loop
from tests.simulated_room import Client

PEOPLE = ("ada", "bob")
CLIENT_IDS = [UUID(int=number) for number in range(1, 4)]
WORKERS = 3
workers = st.integers(0, WORKERS - 1)
numbers = itertools.count()


class Threads:
    """The database threads of all workers as one thread, for which the loop waits, so that each run is the same.

    In between others have their turn: a transaction ends before its caller hears of it, and a read is old when it
    comes."""

    def __init__(self, meanwhile):
        self._thread = ThreadPoolExecutor(1)
        self._meanwhile = meanwhile

    def call(self, function, *arguments):
        return self._thread.submit(function, *arguments).result()

    async def read(self, function, *arguments):
        await asyncio.sleep(0)
        found = self.call(function, *arguments)
        await asyncio.sleep(0)
        return found

    async def write(self, function, requests):
        await asyncio.sleep(0)
        outcomes = self.call(function, requests)
        self._meanwhile(requests, outcomes)
        await asyncio.sleep(0)
        return outcomes

    def close(self):
        self.call(connections.close_all)
        self._thread.shutdown()


class Worker:
    def __init__(self, head, threads):
        self.feed, self.writer = Feed(head, threads), Writer(threads)


class Workers(RuleBasedStateMachine):
    """`compared` are, for each transaction in the order of their ends, the site's answers and the model's; `answers` is
    what people were told."""

    @initialize()
    def begin(self):
        self.loop = Loop()
        asyncio.set_event_loop(self.loop)
        self.threads = Threads(self._note)
        self.threads.call(self._open)
        self.chat = model.Chat({"hall": model.Room("hall", members={"ada": model.Member(moderates=True)})})
        self.asked, self.answers, self.compared, self.on_the_way, self.clients = 0, [], [], [], []
        self.in_loop(self._start)

    def _open(self):
        number = next(numbers)
        self.people = {name: join_as_guest(f"{name} w{number}") for name in PEOPLE}
        self.names = {person.pk: name for name, person in self.people.items()}
        self.room = create_room(self.people["ada"], f"Workers {number}")
        self.head = history.head(self.room.pk)

    def _start(self):
        broadcast.hubs[self.loop] = self._publish
        self.workers = [Worker(self.head, self.threads) for _ in range(WORKERS)]
        for number in range(WORKERS):
            self._follow(Client(), number, 0)

    def in_loop(self, call, *arguments):
        async def run():
            return call(*arguments)

        return self.loop.run_until_complete(run())

    def _publish(self, event):
        if event["type"] == "room.changes":
            self.on_the_way += [(number, event) for number in range(WORKERS)]

    def _note(self, requests, outcomes):
        """Apply an ended transaction to the model, in the same order."""
        expected = [self.chat.do(self.names[it.person_id], "hall", it.command) for it in requests]
        found = [it.code if isinstance(it, ActionError) else (it.seq, it.rev) for it in outcomes]
        self.compared.append((found, expected))

    # ---- Actions of clients on any worker

    @rule(where=workers, who=st.sampled_from(PEOPLE), command=model.commands(st, CLIENT_IDS), times=st.integers(1, 3))
    def ask(self, where, who, command, times):
        """Send a command, perhaps again through other workers before there is an answer."""
        request = Request(self.people[who].pk, self.room.pk, command)
        self.asked += times
        for again in range(times):
            self.in_loop(self.workers[(where + again) % WORKERS].writer.submit, request, self.answers.append)

    # ---- Delivery

    @precondition(lambda self: self.on_the_way)
    @rule(which=st.integers(0, 9), fate=st.sampled_from(["deliver", "deliver", "deliver", "double", "drop"]))
    def carry(self, which, fate):
        number, event = self.on_the_way[which % len(self.on_the_way)]
        if fate != "double":
            self.on_the_way.remove((number, event))
        if fate != "drop":
            self.in_loop(self.workers[number].feed.take, event)

    @rule(turns=st.integers(1, 12))
    def turn(self, turns):
        self.loop.turn(turns)

    @rule(seconds=st.sampled_from([0.01, 0.05]))
    def wait(self, seconds):
        self.loop.wait(seconds)

    @rule(where=workers)
    def check_head(self, where):
        self.in_loop(self._check_head, self.workers[where].feed)

    def _check_head(self, feed):
        known = (feed.epoch, feed.rev)
        feed.observe_head(self.threads.call(history.head, self.room.pk), known=known)

    @rule(which=st.integers(0, 9), where=workers)
    def move(self, which, where):
        """Disconnect a client and reconnect it to another worker, at its cursor."""
        client = self.clients.pop(which % len(self.clients))
        self.in_loop(client.task.cancel)
        client.pump.feed.pumps.discard(client.pump)
        self.in_loop(self._follow, client, where, Cursor.parse(client.cursor).rev if client.cursor else 0)

    def _follow(self, client, number, rev):
        feed = self.workers[number].feed
        head = self.threads.call(history.head, self.room.pk)
        client.pump = Pump(feed, rev, client.send)
        feed.observe_head(head, known=("", 0))
        feed.pumps.add(client.pump)
        client.task = self.loop.create_task(client.pump.run())
        self.clients.append(client)

    # ---- The end

    def teardown(self):
        if not hasattr(self, "clients"):
            return
        try:
            self._settle()
            assert all(found == expected for found, expected in self.compared), self.compared
            assert len(self.answers) == sum(len(found) for found, _ in self.compared) == self.asked
            stored = {seq: (it.rev, it.shown()["body"]) for seq, it in self.chat.rooms["hall"].entries.items()}
            for client in self.clients:
                assert (client.rows, client.resets) == (stored, 0)
        finally:
            self._end()

    def _settle(self):
        for worker in self.workers:
            self.loop.run_until_complete(worker.writer.flush())
        for worker in self.workers:
            self.in_loop(self._check_head, worker.feed)
        self.loop.wait(1.0)
        fresh = self.threads.call(history.changes_after, self.room.pk, 0, 1000)
        shown = {it["seq"]: (it["rev"], it["body"]) for it in map(json.loads, (text for _, text in fresh.entries))}
        entries = self.chat.rooms["hall"].entries
        assert shown == {seq: (it.rev, it.shown()["body"]) for seq, it in entries.items()}
        assert sorted(shown) == list(range(1, len(entries) + 1))

    def _end(self):
        broadcast.hubs.pop(self.loop)
        for client in self.clients:
            client.task.cancel()
        for worker in self.workers:
            self.loop.run_until_complete(worker.feed.stop())
        self.loop.wait(0.1)
        self.threads.close()
        self.loop.close()


@pytest.mark.django_db(transaction=True)
def test_room_equals_the_model_for_any_number_of_workers(caplog, settings):
    settings.CHAT_MAX_BODY = model.MAX_BODY
    caplog.set_level(logging.CRITICAL, "chat")
    run_state_machine_as_test(Workers, settings=long(6, 25))

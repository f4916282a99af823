"""Servers and readers that are killed: nothing is lost or doubled, and the messages of the client are true."""

import asyncio
import json
import os
import random
import re
import subprocess
import uuid
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from tests.site import Site, free_port
from tests.terminal.conftest import SCENE
from tests.terminal.process import Computer
from tests.terminal.test_pipe_mode import bodies

pytestmark = pytest.mark.xdist_group("breaks")

# Lines that each of two posts while the server is killed, and that one posts: enough for several frames and commits.
# The environment may ask for more: TERMINAL_LINES=500 has two clients post 500 lines each, and one 1,000.
LINES = int(os.environ.get("TERMINAL_LINES", "60"))
SEQUENCE = 2 * LINES
RESTARTS = 10
# The resume limit of the server, in changes. Clients that missed more load the room again.
RESUMABLE = 30
BUMP_EPOCH = "from django.core.management import call_command; call_command('bump_epoch')"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"), CHAT_RESUME_LIMIT=str(RESUMABLE))
    site.shell(SCENE)
    site.port = free_port()
    yield site
    site.stop()


@pytest.fixture
def port(site):
    """Run a server, unless that of the test before still runs, and return its port."""
    return site.port if site.is_running(site.port) else site.start(port=site.port)


@pytest.fixture
async def start(tmp_path):
    """`await start(name, port, room, …)`: the client of a person on their own computer."""
    async with AsyncExitStack() as stack:

        async def start_process(name, port, room, *arguments, **options):
            computer = Computer(tmp_path / name)
            place = (f"http://127.0.0.1:{port}", "--room", room, "--name", f"{name} of {room}")
            running = await computer.start(*place, *arguments, **options)
            stack.push_async_callback(running.kill)
            return running

        yield start_process


async def cursor_of(start, name, port, room):
    """Return the cursor at the end of the room."""
    _, cursor, _ = await (await start(name, port, room, "--print-cursor")).end()
    return cursor.strip()


def numbered(name, count):
    return [f"{name} {number}" for number in range(count)]


async def test_a_server_that_is_killed_and_started_again_has_every_line_once_and_in_order(site, port, start):
    cursor = await cursor_of(start, "carol", port, "ops")
    reader = await start("carol", port, "ops", "--follow", "--json", "--since", cursor)
    posters = {name: await start(name, port, "ops", stdin=subprocess.PIPE) for name in ("anna", "bert")}
    texts = {name: numbered(name, LINES) for name in posters}
    ends = [asyncio.create_task(it.end(text="\n".join(texts[name]))) for name, it in posters.items()]
    printed = [(await reader.message())["body"] for _ in range(LINES // 2)]
    await asyncio.to_thread(site.kill, port)
    await reader.error()
    await asyncio.to_thread(site.start, "uvicorn", port)
    assert [code for code, _, _ in await asyncio.gather(*ends)] == [0, 0]
    printed += [(await reader.message())["body"] for _ in range(2 * LINES - len(printed))]
    stored = bodies(site, "ops")
    assert sorted(stored) == sorted([*texts["anna"], *texts["bert"]])
    assert printed == stored
    for name in posters:
        assert [body for body in stored if body.startswith(name)] == texts[name]


async def test_a_sequence_is_posted_in_order(site, port, start):
    poster = await start("deploy", port, "hall", stdin=subprocess.PIPE)
    assert await poster.end(text="\n".join(numbered("n", SEQUENCE))) == (0, "", "")
    assert bodies(site, "hall") == numbered("n", SEQUENCE)


async def test_client_gives_up_on_a_dead_server_and_reports_the_stored_messages(site, port, start):
    cursor = await cursor_of(start, "carol", port, "attic")
    reader = await start("carol", port, "attic", "--follow", "--json", "--since", cursor)
    poster = await start("deploy", port, "attic", "--timeout", "2", stdin=subprocess.PIPE)
    end = asyncio.create_task(poster.end(text="\n".join(numbered("n", SEQUENCE))))
    for _ in range(20):
        await reader.message()
    await asyncio.to_thread(site.kill, port)
    code, out, errors = await end
    assert (code, out) == (3, "")
    said = re.fullmatch(
        r"Offline \(.+\)\. Reconnecting…\nchat: No answer from \S+ in 2 s \(.+\)\. (\d+) messages were saved\."
        r"( Line (\d+) may have been saved\. Nothing after it was sent\.)?\n",
        errors,
    )
    durable, stored = int(said[1]), bodies(site, "attic")
    assert stored == numbered("n", len(stored))
    assert len(stored) in ({durable, durable + 1} if said[2] else {durable})
    assert said[3] is None or int(said[3]) == durable + 1


async def test_a_fast_writer_is_slowed_down_and_hardly_ever_refused(site, tmp_path, start):
    site.log.touch()
    limits = {"CHAT_POSTS_PER_SECOND": "5", "CHAT_POSTS_BURST": "20"}
    before, site.environment = site.environment, {**site.environment, **limits}
    refusals_before = site.log.read_text().count("rate_limited")
    port = site.start()
    try:
        poster = await start("deploy", port, "barn", stdin=subprocess.PIPE)
        assert await poster.end(text="\n".join(numbered("n", 30))) == (0, "", "")
    finally:
        site.environment = before
        site.kill(port)
    assert bodies(site, "barn") == numbered("n", 30)
    assert site.log.read_text().count("rate_limited") - refusals_before <= 2


class Writer:
    """A person who posts, edits and deletes at random. `rows` is the state of each seq by its revision."""

    def __init__(self, wire):
        self._wire, self.rows = wire, {}

    async def ask(self, kind, **fields):
        await self._wire.send(json.dumps({"type": kind, "ref": "1", **fields}))
        while (answer := json.loads(await self._wire.recv())).get("ref") != "1":
            if answer["type"] == "changes":
                await self._wire.send(json.dumps({"type": "ack", "cursor": answer["cursor"]}))
        assert answer["type"] == "ok", answer
        return answer

    async def change(self):
        """Post, edit or delete a message at random, often a recent one."""
        mine = [seq for seq in self.rows if self.rows[seq][1] is not None][-8:]
        if not mine or random.random() < 0.6:
            body = uuid.uuid4().hex
            done = await self.ask("post", client_id=str(uuid.uuid4()), body=body)
        elif random.random() < 0.7:
            body = uuid.uuid4().hex
            done = await self.ask("edit", seq=random.choice(mine), body=body)
        else:
            body = None
            done = await self.ask("delete", seq=random.choice(mine))
        self.rows[done["seq"]] = (done["rev"], body)

    @asynccontextmanager
    async def writing(self):
        """Post continuously in the background."""
        is_over = False

        async def write():
            while not is_over:
                await self.change()

        task = asyncio.create_task(write())
        try:
            yield
        finally:
            is_over = True
            await task


@asynccontextmanager
async def writer_in(site, port, room):
    headers = {"Authorization": f"Bearer {site.guest(port, 'writer')}"}
    address = f"ws://127.0.0.1:{port}/ws/chat/{room}/"
    async with connect(address, subprotocols=["chat.v1"], additional_headers=headers, max_size=None) as wire:
        yield Writer(wire)


async def test_reader_that_is_killed_repeatedly_resumes_without_gaps_or_repetitions(site, port, start):
    cursor, printed = await cursor_of(start, "carol", port, "den"), []

    async def read(lines):
        """Print from the last read line on, up to this many lines, and be killed."""
        nonlocal cursor
        reader = await start("carol", port, "den", "--follow", "--json", "--since", cursor)
        for _ in range(lines):
            message = await reader.message()
            printed.append((message["seq"], message["rev"]))
            cursor = message["cursor"]
        await reader.kill()

    async with writer_in(site, port, "den") as writer:
        for restart in range(RESTARTS):
            if restart in (3, 6):  # too much is missed, or all of it was restored: it comes over HTTP
                for _ in range(RESUMABLE + 10):
                    await writer.change()
                if restart == 6:
                    await asyncio.to_thread(site.shell, BUMP_EPOCH)
                await read(random.randint(1, 20))
            else:
                async with writer.writing():
                    await read(random.randint(1, 20))
        last = await start("carol", port, "den", "--json", "--since", cursor)
        code, out, errors = await last.end()
    assert (code, errors) == (0, "")
    printed += [(it["seq"], it["rev"]) for it in map(json.loads, out.splitlines())]
    assert len(printed) == len(set(printed))
    assert {seq for seq, _ in printed} == set(writer.rows)
    for seq in writer.rows:
        revisions = [rev for place, rev in printed if place == seq]
        assert revisions == sorted(revisions)

"""The shutdown of a worker: within its limit and with exit code 0, whatever else hangs."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import urllib.error
import urllib.request
import uuid
from contextlib import closing, contextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from chat.delivery.process.drain import CLOSE_SECONDS, FLUSH_SECONDS, RESTART_SECONDS
from chat.delivery.process.sigterm import LIMIT_SECONDS
from chat.management.commands.serve import APPLICATION
from deploy import rolling_restart
from tests.processes.servers import Cluster, frozen, valkey
from tests.site import wait_until

SERVERS = ("uvicorn", "daphne")
IMPATIENT = "tests.processes.impatient:application"
LEFT = "from chat.models import Presence, Worker; print(Presence.objects.count(), Worker.objects.count())"


async def end(site, port):
    """Send SIGTERM and return the exit code, which must arrive within the limit."""
    async with asyncio.timeout(LIMIT_SECONDS + 8):
        return await asyncio.to_thread(site.kill, port, signal.SIGTERM)


async def end_all(site, ports):
    """End these servers at once. Return their exit codes."""
    return await asyncio.gather(*(end(site, port) for port in ports))


def start_both(site):
    return [site.start(server) for server in SERVERS]


async def test_a_server_with_people_ends_with_code_0_and_leaves_no_ghosts(site, connect_clients):
    """A second SIGTERM, as a parent process may send, does not suppress the bye."""
    ports = start_both(site)
    clients = [*await connect_clients(site, ports[0], *"abc"), *await connect_clients(site, ports[1], *"def")]
    for port in ports:
        site.tell(port, signal.SIGTERM)
    assert await end_all(site, ports) == [0, 0]
    for client in clients:
        await client.until(lambda it=client: it.close_event == ("restart", 4412))
    assert site.shell(LEFT).split() == ["0", "0"]
    assert "Traceback" not in site.log.read_text()


class Guest:
    """A client that stays connected after the server's bye, so that the server waits for it."""

    def __init__(self, site, port):
        self._address = f"ws://127.0.0.1:{port}/ws/chat/lobby/"
        self._headers = {"Authorization": f"Bearer {site.guest(port, f'guest {uuid.uuid4().hex[:8]}')}"}

    async def come(self):
        options = {"subprotocols": ["chat.v1"], "additional_headers": self._headers, "close_timeout": 0}
        self.wire = await connect(self._address, **options)
        return self

    async def asks_to_post(self, body):
        """Send a post and return once the server has read it, answered or not."""
        await self.wire.send(json.dumps({"type": "post", "client_id": str(uuid.uuid4()), "body": body}))
        await self.wire.send(json.dumps({"type": "ping"}))
        await self.hears("pong")

    async def hears(self, kind):
        while (frame := json.loads(await self.wire.recv()))["type"] != kind:
            pass
        return frame


@contextmanager
def locked(site):
    """Hold the write lock of the site's SQLite file over another connection."""
    database = sqlite3.connect(site.environment["DATABASE_URL"].removeprefix("sqlite:///"), isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.close()


def readiness(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def workers(site):
    """Return the number of processes in the presence table."""
    with closing(sqlite3.connect(site.environment["DATABASE_URL"].removeprefix("sqlite:///"))) as database:
        return database.execute("SELECT count(*) FROM chat_worker").fetchone()[0]


def is_refused(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


async def refuses(port, newcomer):
    """Check that a draining server is not ready, and sends a newcomer elsewhere."""
    status, answer = await asyncio.to_thread(readiness, port)
    assert (status, "draining" in answer["obstacles"]) == (503, True)
    await newcomer.come()
    refusal = await newcomer.hears("error")
    assert (refusal["code"], refusal["retry_after"]) == ("unavailable", 1.0)
    with pytest.raises(ConnectionClosed):
        await newcomer.wire.recv()
    assert newcomer.wire.close_code == 4412


async def test_draining_server_among_others_is_not_ready_and_admits_no_one(site):
    """One that is alone does not listen any more."""
    ports, other = start_both(site), site.start()
    guests, late = ([Guest(site, port) for port in ports] for _ in range(2))
    last = Guest(site, other)
    for somebody in (*guests, last):
        await (await somebody.come()).hears("hello")
    await asyncio.to_thread(wait_until, lambda: workers(site) == 3, "three who know of each other")
    with locked(site):
        for guest, port in zip(guests, ports, strict=True):
            await guest.asks_to_post("last words")
            site.tell(port, signal.SIGTERM)
        await asyncio.gather(*map(refuses, ports, late))
    for guest in guests:
        await guest.hears("ok")
        assert (await guest.hears("bye"))["reason"] == "restart"
    assert [body for *_, body in site.stored()[-2:]] == ["last words"] * 2
    await asyncio.to_thread(wait_until, lambda: workers(site) == 1, "one that is alone")
    with locked(site):
        await last.asks_to_post("last words")
        site.tell(other, signal.SIGTERM)
        await asyncio.to_thread(wait_until, lambda: is_refused(other), "a refused connection")
    await last.hears("ok")
    assert (await last.hears("bye"))["reconnect_after"] >= RESTART_SECONDS


async def test_newcomers_go_to_another_worker_of_the_port_whose_end_leaves_no_ghosts(site, connect_clients):
    """One of two is ending, and cannot yet, since what it was asked to write waits for a lock."""
    port = site.start("workers")
    people = [await Guest(site, port).come() for _ in range(8)]
    newcomers = [Guest(site, port) for _ in range(12)]
    with locked(site):
        for guest in people:
            await guest.hears("hello")
            await guest.asks_to_post("wait")
        os.kill(min(rolling_restart.workers_of(site.pid(port))), signal.SIGTERM)
        await asyncio.to_thread(wait_until, lambda: readiness(port)[0] == 200, "another worker")
        for guest in newcomers:
            await guest.come()
            await guest.hears("hello")
    clients = await connect_clients(site, port, "ada", "bob", "cyd")
    assert await end(site, port) == 0
    for client in clients:
        await client.until(lambda it=client: it.close_event == ("restart", 4412))
    assert site.shell(LEFT).split() == ["0", "0"]
    assert "Traceback" not in site.log.read_text()


async def arrive(site, ports):
    """Return a guest in the lobby at each port."""
    guests = [await Guest(site, port).come() for port in ports]
    for guest in guests:
        await guest.hears("hello")
    return guests


def start_impatient(site):
    """Start both servers with a shorter limit, which is what ends them where the database hangs."""
    assert FLUSH_SECONDS + CLOSE_SECONDS < LIMIT_SECONDS, "or there is no time for the bye"
    site.servers = {
        server: [IMPATIENT if word == APPLICATION else word for word in site.servers[server]] for server in SERVERS
    }
    return start_both(site)


async def all_end_with_a_bye(site, ports, guests):
    """Check that these servers end in time although the posts of their guests cannot be written."""
    for guest in guests:
        await guest.asks_to_post("to be sent again elsewhere")
    assert await end_all(site, ports) == [0, 0]
    assert [(await guest.hears("bye"))["reason"] for guest in guests] == ["restart"] * 2


async def test_a_locked_sqlite_does_not_keep_the_server(site):
    ports = start_impatient(site)
    guests = await arrive(site, ports)
    with locked(site):
        await all_end_with_a_bye(site, ports, guests)


async def test_a_hanging_postgresql_does_not_keep_the_server(new_site):
    with Cluster() as cluster:
        site = new_site(DATABASE_URL=cluster.address)
        ports = start_impatient(site)
        guests = await arrive(site, ports)
        with frozen(int((cluster.folder / "db/postmaster.pid").read_text().split()[0])):
            await all_end_with_a_bye(site, ports, guests)


async def test_a_hanging_layer_does_not_keep_the_server(new_site, tmp_path, connect_clients):
    with valkey(tmp_path) as layer:
        site = new_site(REDIS_URL=layer.url)
        ports = start_both(site)
        clients = [*await connect_clients(site, ports[0], *"ab"), *await connect_clients(site, ports[1], *"cd")]
        with frozen(layer.pid):
            for client in clients[::2]:
                await client.post("nobody is told, and yet everybody hears")
            assert await end_all(site, ports) == [0, 0]
            for client in clients:
                await client.until(lambda it=client: it.close_event == ("restart", 4412))

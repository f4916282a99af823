"""A rolling restart of all workers while everyone posts: nothing is lost or doubled, and no one reloads."""

import asyncio
import signal
import subprocess
import sys
import uuid

import pytest
from websockets.frames import CloseCode

from deploy import rolling_restart
from tests.processes.client import everybody_holds
from tests.processes.servers import valkey
from tests.site import ROOT, call

DRAINING = 4412
# Between two posts of a person. Without a pause, the posts take the processor from the workers that start.
PAUSE_SECONDS = 0.05


class Program:
    """A program that posts over the API, with a connection for each message, and never needs a retry."""

    def __init__(self, site, port):
        self._port, self._token = port, site.guest(port, "program")

    async def post(self, body):
        fields = {"client_id": str(uuid.uuid4()), "body": body}
        await asyncio.to_thread(call, self._port, "/api/rooms/lobby/messages/", fields, self._token)
        return fields["client_id"]


async def post_until(over, person):
    """Post messages one after another, 20 a second. Return the acknowledged ones."""
    acknowledged = []
    while not over.is_set():
        acknowledged.append(await person.post("still here"))
        await asyncio.sleep(PAUSE_SECONDS)
    return acknowledged


async def restart(*arguments):
    """Return the output of the command."""
    command = [sys.executable, "deploy/rolling_restart.py", *map(str, arguments)]
    run = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout


async def test_all_workers_of_one_port_are_replaced_while_everyone_posts(new_site, connect_clients, tmp_path):
    with valkey(tmp_path) as layer:
        site = new_site(REDIS_URL=layer.url)
        port = site.start("workers")
        parent, over = site.pid(port), asyncio.Event()
        clients = await connect_clients(site, port, *"abcd")
        busy = [asyncio.create_task(post_until(over, it)) for it in [*clients[:2], Program(site, port)]]
        (tmp_path / "pid").write_text(f"{parent}\n")
        before = rolling_restart.workers_of(parent)
        assert "2 of 2 workers replaced" in await restart("group", tmp_path / "pid")
        over.set()
        acknowledged = [client_id for each in await asyncio.gather(*busy) for client_id in each]
        after = rolling_restart.workers_of(parent)
        assert (len(before), len(after), before & after) == (2, 2, set())
        stored = await everybody_holds(clients, site)
        assert sorted(client_id for _, _, client_id, _ in stored[1:]) == sorted(acknowledged)
        # A slow machine cuts off clients that do not receive the bye frame in time.
        cut_off = {CloseCode.ABNORMAL_CLOSURE} if "did not close in time" in site.log.read_text() else set()
        assert {code for client in clients for code in client.closes} - cut_off == {DRAINING}
        assert site.kill(port, signal.SIGTERM) == 0


def test_a_group_without_workers_is_not_restarted(tmp_path):
    (tmp_path / "pid").write_text("1")
    with pytest.raises(rolling_restart.Stopped, match="no workers"):
        rolling_restart.restart_group(tmp_path / "pid")


async def test_each_port_is_restarted_once_the_others_answer_and_none_if_one_does_not(site, monkeypatch):
    here, there = site.start(), site.start("daphne")
    restarted = []

    def anew(port):
        assert all(rolling_restart.is_ready(other) for other in (here, there))
        assert site.kill(port, signal.SIGTERM) == 0
        restarted.append(site.start(port=port))

    with pytest.raises(rolling_restart.Stopped, match="Nothing was restarted"):
        rolling_restart.one_after_another([here, 1], pytest.fail)
    await asyncio.to_thread(rolling_restart.one_after_another, [here, there], anew)
    assert restarted == [here, there]
    monkeypatch.setattr(rolling_restart, "TIMEOUT_SECONDS", 0.0)
    with pytest.raises(rolling_restart.Stopped, match=f"port {here} did not become ready"):
        rolling_restart.one_after_another([here, there], site.kill)
    assert rolling_restart.is_ready(there)
    assert "Traceback" not in site.log.read_text()

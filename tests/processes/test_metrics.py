"""The metrics of real servers: one scrape covers all workers, without those that have died."""

import asyncio
import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests.processes.servers import children, frozen
from tests.scrape import SWITCHED_ON, scrape
from tests.site import wait_until


def workers_of(site, port):
    """Return the process ids of the workers, without Python's helper process."""
    return {str(pid) for pid in children(site.pid(port)) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}


def folder_of(site, port):
    return Path(tempfile.gettempdir()) / f"chatsite-{os.getuid()}-{site.pid(port)}"


def until_all_answer(site, port):
    def all_answer():
        up = scrape(port).of("chat_worker_up")
        return up == dict.fromkeys(workers_of(site, port), 1) and len(up) == 2

    wait_until(all_answer, "two workers that answer")


async def covers_all_workers(site, port, clients):
    """Check that each scrape has the sums of all workers, whichever answers it."""
    await asyncio.gather(*(client.post("one") for client in clients))
    await asyncio.gather(*(client.until(lambda it=client: len(it.rows) == 1 + 8) for client in clients))
    for _ in range(3):
        numbers = await asyncio.to_thread(scrape, port)
        assert (numbers["chat_connections"], numbers["chat_people"], numbers["chat_messages_total"]) == (8, 8, 8)
        assert numbers.of("chat_connections").keys() == workers_of(site, port)
    assert numbers["chat_answer_seconds_count"] == numbers.of("chat_commands_total", "command")["post"] == 8
    assert sum(numbers.of("process_resident_memory_bytes").values()) > 0


def replaces_killed_and_reports_stopped(site, port):
    """Check that a killed worker disappears, and a stopped one is reported as down."""
    killed, stopped = sorted(workers_of(site, port), key=int)
    os.kill(int(killed), signal.SIGKILL)
    wait_until(lambda: killed not in workers_of(site, port), "another worker for the killed one")
    until_all_answer(site, port)
    with frozen(int(stopped)):
        assert scrape(port).of("chat_worker_up")[stopped] == 0
    until_all_answer(site, port)


async def test_one_scrape_covers_the_living_workers_of_a_port_and_their_end_leaves_no_file(new_site, connect_clients):
    site = new_site(**SWITCHED_ON)
    port = site.start("workers")
    await asyncio.to_thread(until_all_answer, site, port)
    folder = folder_of(site, port)
    assert len(list(folder.iterdir())) == 2
    assert folder.stat().st_mode & 0o777 == 0o700
    await covers_all_workers(site, port, await connect_clients(site, port, *"abcdefgh"))
    await asyncio.to_thread(replaces_killed_and_reports_stopped, site, port)
    # A killed parent would leave the workers behind.
    assert await asyncio.to_thread(site.kill, port, signal.SIGTERM) == 0
    assert not folder.exists()


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_single_process_reports_itself(new_site, connect_clients, server):
    site = new_site(**SWITCHED_ON)
    port = site.start(server)
    [client] = await connect_clients(site, port, "ada")
    await client.post("one")
    numbers = await asyncio.to_thread(scrape, port)
    assert numbers.of("chat_messages_total") == {str(site.pid(port)): 1}
    assert numbers.of("chat_http_requests_total", "status")["200"] >= 2

"""The site in real processes, which are really killed."""

import asyncio
import signal

import pytest

from tests.processes.client import everybody_holds
from tests.processes.servers import postgresql, valkey
from tests.site import Site

POST_FROM_ELSEWHERE = """
import uuid
from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.actions.accounts import join_as_guest
from chat.models import Room
command = protocol.Post(client_id=uuid.uuid4(), body="from the shell")
execute(Request(join_as_guest("shell").pk, Room.objects.get(slug="lobby").pk, command))
"""


async def all_is_stored(site, clients, posting):
    """Check that everyone holds all messages, and that each acknowledged one is stored once."""
    acknowledged = await asyncio.gather(*posting)
    stored = await everybody_holds(clients, site)
    own = [client_id for _, _, client_id, body in stored[1:] if body != "from the shell"]
    assert sorted(own) == sorted(acknowledged)


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_a_server_that_ends_or_is_killed_and_is_started_again_has_lost_nothing(site, connect_clients, server):
    port = site.start(server)
    clients = await connect_clients(site, port, "ada", "bob", "cyd")
    await asyncio.to_thread(site.shell, POST_FROM_ELSEWHERE)  # there is no layer
    await clients[0].until(lambda: 2 in clients[0].rows)
    assert clients[0].rows[2][2] == "from the shell"

    posting = [asyncio.create_task(client.post(f"{n}")) for n in range(20) for client in clients]
    await asyncio.to_thread(site.kill, port, signal.SIGTERM)
    for client in clients:
        await client.until(lambda it=client: it.close_event is not None)
        assert client.close_event == ("restart", 4412)
    site.start(server, port)
    await all_is_stored(site, clients, posting)
    assert "Traceback" not in site.log.read_text()

    seen = len(clients[0].rows)
    posting += [asyncio.create_task(client.post(f"again {n}")) for n in range(40) for client in clients]
    await clients[0].until(lambda: len(clients[0].rows) > seen + 5)
    site.kill(port)
    posting += [asyncio.create_task(client.post(f"offline {n}")) for n in range(5) for client in clients]
    site.start(server, port)
    await all_is_stored(site, clients, posting)


async def test_two_processes_without_a_common_layer_still_agree(site, connect_clients):
    here, there = site.start(), site.start()
    clients = [*await connect_clients(site, here, "ada", "bob"), *await connect_clients(site, there, "cyd", "dan")]
    await asyncio.gather(*(client.post(f"{n}") for n in range(20) for client in clients))
    await everybody_holds(clients, site)
    await clients[0].until(lambda: set(clients[0].people.values()) == {"ada", "bob", "cyd", "dan"})
    site.kill(there, signal.SIGTERM)
    await clients[3].follow(here)
    await clients[3].post("moved")
    await everybody_holds([*clients[:2], clients[3]], site)


async def test_two_processes_over_postgresql_and_valkey(tmp_path, connect_clients):
    with postgresql() as database, valkey(tmp_path) as layer:
        site = Site(tmp_path, DATABASE_URL=database, REDIS_URL=layer.url)
        try:
            here, there = site.start(), site.start("daphne")
            clients = [
                *await connect_clients(site, here, "ada", "bob"),
                *await connect_clients(site, there, "cyd", "dan"),
            ]
            await asyncio.gather(*(client.post(f"{n}") for n in range(25) for client in clients))
            layer.kill()
            await asyncio.gather(*(client.post(f"without a layer {n}") for n in range(5) for client in clients))
            await everybody_holds(clients, site)
            layer.start()
            await asyncio.gather(*(client.post(f"with it again {n}") for n in range(5) for client in clients))
            assert len(await everybody_holds(clients, site)) == 1 + 4 * 35
        finally:
            await asyncio.gather(*(client.leave() for client in clients))
            site.stop()

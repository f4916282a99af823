"""A real Valkey that is killed, stopped, or cuts off its subscribers: the effects, the log lines, and the recovery."""

import asyncio
import json
from functools import partial

import pytest
import redis

from tests.processes.client import everybody_holds
from tests.processes.servers import frozen, valkey
from tests.scrape import SWITCHED_ON, scrape

GONE, BACK = "The channel layer is unavailable", "The channel layer is available again."


@pytest.fixture
def layer(tmp_path):
    with valkey(tmp_path) as layer:
        yield layer


@pytest.fixture
async def town(new_site, connect_clients, layer):
    town = Town(new_site(REDIS_URL=layer.url, **SWITCHED_ON))
    [town.ada] = await connect_clients(town.site, town.ports[0], "ada")
    [town.bob] = await connect_clients(town.site, town.ports[1], "bob")
    await town.until_bob_hears_ada_by_broadcast()
    return town


class Town:
    """Two processes over one Valkey; ada is connected to one of them, bob to the other."""

    def __init__(self, site):
        self.site, self.ports = site, [site.start(), site.start()]

    async def numbers(self):
        return [await asyncio.to_thread(scrape, port) for port in self.ports]

    async def until(self, condition):
        """Wait until a condition holds for the metrics of both processes."""
        async with asyncio.timeout(60):
            while not all(map(condition, numbers := await self.numbers())):
                await asyncio.sleep(0.05)
        return numbers

    async def post(self, body):
        """ada posts, and bob has it."""
        client_id = await self.ada.post(body)
        await self.bob.until(lambda: client_id in {row[1] for row in self.bob.rows.values()})

    async def until_bob_hears_ada_by_broadcast(self):
        """A head check may be quicker now and then; without broadcasts it is every time, and this never ends."""
        before = (await self.numbers())[1]["chat_broadcasts_applied_total"]
        async with asyncio.timeout(60):
            while (await self.numbers())[1]["chat_broadcasts_applied_total"] == before:
                await self.post("by broadcast?")

    def said(self):
        """Return by process its log lines about the layer. Any other line fails the test."""
        lines = [json.loads(line) for line in self.site.log.read_text().splitlines()]
        said = {str(self.site.pid(port)): [] for port in self.ports}
        for line in lines:
            said[str(line["worker"])].append(line["message"].partition(" (")[0])
        return list(said.values())


def layer_is(up, numbers):
    return numbers["chat_layer_up"] == up


async def test_a_valkey_that_is_killed_and_started_again_costs_nothing_and_carries_broadcasts_at_once(town, layer):
    layer.kill()
    await asyncio.gather(*(town.post(f"without a layer {n}") for n in range(20)))
    await town.until(partial(layer_is, 0))
    assert town.said() == [[GONE], [GONE]]
    layer.start()
    await town.until(partial(layer_is, 1))
    assert town.said() == [[GONE, BACK], [GONE, BACK]]
    await town.until_bob_hears_ada_by_broadcast()
    numbers = await town.numbers()
    assert [each["chat_layer_outages_total"] for each in numbers] == [1, 1]
    assert numbers[0]["chat_publish_errors_total"] > 0
    await everybody_holds([town.ada, town.bob], town.site)


async def test_stopped_valkey_delays_no_answer_and_is_used_again_when_it_continues(town, layer):
    with frozen(layer.pid):
        published = (await town.numbers())[0]["chat_publish_seconds_count"]
        # It cannot take a broadcast now, so every answer comes while one is being published.
        await asyncio.gather(*(town.ada.post(f"while it stands still {n}") for n in range(50)))
        assert (await town.numbers())[0]["chat_publish_seconds_count"] == published
        await town.post("and bob has it")
        numbers = await town.until(partial(layer_is, 0))
        assert numbers[1]["chat_holes_healed_total"] > 0
        assert town.said() == [[GONE], [GONE]]
    await town.until(partial(layer_is, 1))
    await town.until_bob_hears_ada_by_broadcast()
    assert town.said() == [[GONE, BACK], [GONE, BACK]]
    await everybody_holds([town.ada, town.bob], town.site)


async def test_subscribers_that_are_cut_off_come_back_by_themselves(town, layer):
    with redis.Redis(port=layer.port) as administrator:
        for _ in range(3):
            assert administrator.client_kill_filter(_type="pubsub") == 2
            await town.post("while nobody listens")
            await town.until_bob_hears_ada_by_broadcast()
    assert all(len(said) <= 2 * 3 for said in town.said())
    await everybody_holds([town.ada, town.bob], town.site)


async def test_flushed_valkey_has_no_effect(town, layer):
    with redis.Redis(port=layer.port) as administrator:
        administrator.flushall()
    await town.until_bob_hears_ada_by_broadcast()
    assert town.said() == [[], []]


async def test_a_site_that_starts_without_its_valkey_uses_it_as_soon_as_it_is_there(new_site, connect_clients, layer):
    layer.kill()
    town = Town(new_site(REDIS_URL=layer.url, **SWITCHED_ON))
    [town.ada] = await connect_clients(town.site, town.ports[0], "ada")
    [town.bob] = await connect_clients(town.site, town.ports[1], "bob")
    await town.post("without a layer")
    layer.start()
    await town.until(partial(layer_is, 1))
    await town.until_bob_hears_ada_by_broadcast()
    assert town.said() == [[GONE, BACK], [GONE, BACK]]

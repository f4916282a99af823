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
async def pair(new_site, connect_clients, layer):
    pair = Pair(new_site(REDIS_URL=layer.url, EMAIL_URL="dummymail://", **SWITCHED_ON))
    [pair.ada] = await connect_clients(pair.site, pair.ports[0], "ada")
    [pair.bob] = await connect_clients(pair.site, pair.ports[1], "bob")
    await pair.until_bob_hears_ada_by_broadcast()
    return pair


class Pair:
    """Two processes over one Valkey; ada is connected to one of them, bob to the other."""

    def __init__(self, site):
        self.site, self.ports = site, [site.start(), site.start()]
        self._lines_read = 0

    async def numbers(self):
        return [await asyncio.to_thread(scrape, port) for port in self.ports]

    async def until(self, condition):
        """Wait until a condition holds for the metrics of both processes."""
        async with asyncio.timeout(60):
            while not all(map(condition, numbers := await self.numbers())):
                await asyncio.sleep(0.05)
        return numbers

    async def post(self, body):
        """Post as ada and wait until bob has it."""
        client_id = await self.ada.post(body)
        await self.bob.until(lambda: client_id in {row[1] for row in self.bob.rows.values()})

    async def until_bob_hears_ada_by_broadcast(self):
        """Wait until a post of ada reaches bob by a broadcast. A head check may be faster at times, but not always."""
        before = (await self.numbers())[1]["chat_broadcasts_applied_total"]
        async with asyncio.timeout(60):
            while (await self.numbers())[1]["chat_broadcasts_applied_total"] == before:
                await self.post("by broadcast?")

    def layer_log_lines(self):
        """Return by process its new log lines, which must be about the layer."""
        lines = [json.loads(line) for line in self.site.log.read_text().splitlines()][self._lines_read :]
        self._lines_read += len(lines)
        layer_log_lines = {str(self.site.pid(port)): [] for port in self.ports}
        for line in lines:
            layer_log_lines[str(line["worker"])].append(line["message"].partition(" (")[0])
        return list(layer_log_lines.values())


def layer_is(up, numbers):
    return numbers["chat_layer_up"] == up


async def test_a_valkey_that_fails_and_comes_back_costs_nothing_and_is_used_again(pair, layer):
    await killed_and_started_again_it_carries_broadcasts_at_once(pair, layer)
    await stopped_it_delays_no_answer(pair, layer)
    await flushed_it_works_and_disconnected_subscribers_subscribe_again_by_themselves(pair, layer)
    await everybody_holds([pair.ada, pair.bob], pair.site)


async def killed_and_started_again_it_carries_broadcasts_at_once(pair, layer):
    layer.kill()
    await asyncio.gather(*(pair.post(f"without a layer {n}") for n in range(20)))
    await pair.until(partial(layer_is, 0))
    assert pair.layer_log_lines() == [[GONE], [GONE]]
    layer.start()
    await pair.until(partial(layer_is, 1))
    assert pair.layer_log_lines() == [[BACK], [BACK]]
    await pair.until_bob_hears_ada_by_broadcast()
    numbers = await pair.numbers()
    assert [each["chat_layer_outages_total"] for each in numbers] == [1, 1]
    assert numbers[0]["chat_publish_errors_total"] > 0


async def stopped_it_delays_no_answer(pair, layer):
    healed = (await pair.numbers())[1]["chat_holes_healed_total"]
    with frozen(layer.pid):
        published = (await pair.numbers())[0]["chat_publish_seconds_count"]
        # It cannot take a broadcast now, so every answer comes while one is being published.
        await asyncio.gather(*(pair.ada.post(f"while it stands still {n}") for n in range(50)))
        assert (await pair.numbers())[0]["chat_publish_seconds_count"] == published
        await pair.post("and bob has it")
        numbers = await pair.until(partial(layer_is, 0))
        assert numbers[1]["chat_holes_healed_total"] > healed
        assert pair.layer_log_lines() == [[GONE], [GONE]]
    await pair.until(partial(layer_is, 1))
    await pair.until_bob_hears_ada_by_broadcast()
    assert pair.layer_log_lines() == [[BACK], [BACK]]


async def flushed_it_works_and_disconnected_subscribers_subscribe_again_by_themselves(pair, layer):
    with redis.Redis(port=layer.port) as administrator:
        administrator.flushall()
        await pair.until_bob_hears_ada_by_broadcast()
        assert pair.layer_log_lines() == [[], []]
        for _ in range(3):
            assert administrator.client_kill_filter(_type="pubsub") == 2
            await pair.post("while nobody listens")
            await pair.until_bob_hears_ada_by_broadcast()
    assert all(len(layer_log_lines) <= 2 * 3 for layer_log_lines in pair.layer_log_lines())


async def test_a_site_that_starts_without_its_valkey_uses_it_as_soon_as_it_is_there(new_site, connect_clients, layer):
    layer.kill()
    pair = Pair(new_site(REDIS_URL=layer.url, EMAIL_URL="dummymail://", **SWITCHED_ON))
    [pair.ada] = await connect_clients(pair.site, pair.ports[0], "ada")
    [pair.bob] = await connect_clients(pair.site, pair.ports[1], "bob")
    await pair.post("without a layer")
    layer.start()
    await pair.until(partial(layer_is, 1))
    await pair.until_bob_hears_ada_by_broadcast()
    assert pair.layer_log_lines() == [[GONE, BACK], [GONE, BACK]]

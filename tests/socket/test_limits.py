"""A person's rate limit, as processes keep it together: each tells the others what it gave out."""

import pytest
from channels.layers import get_channel_layer

from chat import broadcast, wire
from chat.broadcast import WORKERS_GROUP

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two_at_once(settings):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_POSTS_BURST = 0.001, 2


@pytest.fixture
async def elsewhere(delivery):
    """Another process's place in the layer."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(WORKERS_GROUP, channel)

    class Elsewhere:
        async def hears(self, kind):
            while (event := await layer.receive(channel))["type"] != kind:
                pass
            return event

        async def says(self, event, room, seen_by, person):
            """`event`, and when this returns it was heard: what was said after it was."""
            await layer.group_send(WORKERS_GROUP, event)
            await layer.group_send(WORKERS_GROUP, broadcast.typing(room.pk, wire.person(person), True))
            await seen_by.next("typing")

    return Elsewhere()


async def test_what_is_posted_here_is_told_to_the_others(connect, delivery, elsewhere, alice, hall):
    socket = await connect(alice, hall)
    await socket.post()
    event = await elsewhere.hears("worker.spent")
    assert event == broadcast.spent(str(delivery.roster.worker_id), {"posts": [(alice.pk, 1)]})


async def test_what_was_posted_elsewhere_counts_here(connect, elsewhere, alice, bob, hall):
    one, other = await connect(alice, hall), await connect(bob, hall)
    await elsewhere.says(broadcast.spent("another", {"posts": [[alice.pk, 2]]}), hall, one, bob)
    assert (await one.post())["code"] == "rate_limited"
    assert (await other.post())["type"] == "ok"


async def test_what_this_process_told_itself_does_not_count_again(connect, delivery, elsewhere, alice, bob, hall):
    socket = await connect(alice, hall)
    await socket.post()
    await elsewhere.says(await elsewhere.hears("worker.spent"), hall, socket, bob)
    assert [(await socket.post())["type"] for _ in range(2)] == ["ok", "error"]


async def test_a_layer_that_is_away_leaves_each_its_own_limit(connect, delivery, monkeypatch, alice, hall):
    async def fail(*_):
        raise ConnectionError("down")

    monkeypatch.setattr(type(get_channel_layer()), "group_send", fail)
    socket = await connect(alice, hall)
    assert [(await socket.post())["type"] for _ in range(3)] == ["ok", "ok", "error"]

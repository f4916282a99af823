"""A Valkey that has stopped answering blocks no one, with any timeout."""

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer

from chat.delivery import hub
from tests.processes.servers import frozen, valkey
from tests.socket.layers import in_use

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def layer(tmp_path, monkeypatch):
    """Return a real layer without timeouts."""
    monkeypatch.setattr(hub, "PUBLISH_TIMEOUT_SECONDS", 3600)
    with valkey(tmp_path) as server:
        layer = RedisPubSubChannelLayer(hosts=[server.url])
        with in_use(layer):
            yield server
        await layer.flush()


async def test_answers_arrive_while_a_broadcast_hangs_and_everyone_gets_the_message(
    layer, connect, delivery, alice, bob, hall, settings
):
    settings.CHAT_POSTS_PER_SECOND = 0
    socket, other = await connect(alice, hall), await connect(bob, hall)
    await socket.post("while it answers")
    await other.holds(1)
    with frozen(layer.pid):
        for number in range(20):
            assert (await socket.post(f"while it stands still {number}"))["type"] == "ok"
        assert delivery.hub.waiting >= 19
        await other.holds(*range(1, 22))
    await socket.holds(*range(1, 22))

"""The in-memory layer: it behaves like Channels' own with one member."""

import asyncio

import pytest
from channels.exceptions import ChannelFull

from chat.delivery.hub import Hub
from chatsite.config.memory_layer import MemoryLayer


@pytest.fixture
async def member():
    """Return a layer, and the channel of its one member in a group."""
    layer = MemoryLayer(capacity=2)
    channel = await layer.new_channel()
    await layer.group_add("room.1", channel)
    return layer, channel


async def test_messages_to_a_group_arrive_in_order(member):
    layer, channel = member
    for number in (1, 2):
        await layer.group_send("room.1", {"type": "x", "number": number})
    await layer.group_send("room.2", {"type": "x"})
    assert [(await layer.receive(channel))["number"] for _ in range(2)] == [1, 2]
    waiting = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(0)
    await layer.group_send("room.1", {"type": "x", "number": 3})
    assert (await waiting)["number"] == 3


async def test_sending_never_waits_and_drops_the_excess(member):
    layer, channel = member
    for number in range(5):
        with pytest.raises(StopIteration):
            layer.group_send("room.1", {"type": "x", "number": number}).send(None)
    assert [(await layer.receive(channel))["number"] for _ in range(2)] == [0, 1]
    assert channel not in layer.channels


async def test_full_channel_raises_channel_full(member):
    layer, channel = member
    await layer.send(channel, {"type": "x"})
    await layer.send(channel, {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send(channel, {"type": "x"})


async def test_a_subscriber_receives_messages_as_they_were_sent(member):
    layer, channel = member
    heard = []
    layer.listen(channel, heard.append)
    for number in range(5):
        with pytest.raises(StopIteration):
            layer.group_send("room.1", {"type": "x", "number": number}).send(None)
        assert len(heard) == number + 1
    await layer.send(await layer.new_channel(), {"type": "x"})
    assert [message["number"] for message in heard] == list(range(5))


async def test_a_queue_that_is_empty_is_not_kept():
    layer = MemoryLayer()
    for number in range(100):
        await layer.send(f"channel.{number}", {"type": "x"})
        await layer.receive(f"channel.{number}")
    assert (layer.channels, layer._receiving) == ({}, {})


async def test_channel_exists_while_a_receiver_waits():
    layer = MemoryLayer()
    waiting = [asyncio.create_task(layer.receive("one")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    await layer.send("one", {"type": "x"})
    await layer.send("one", {"type": "x"})
    done, _ = await asyncio.wait(waiting[1:], timeout=10)
    assert (len(done), layer.channels) == (2, {})


async def test_a_hub_that_ends_leaves_nothing_in_the_layer():
    layer = MemoryLayer()
    for _ in range(3):
        hub = Hub(layer, lambda event: None, lambda: None)
        hub.start()
        await hub.join("room.1")
        await hub.stop()
    assert (layer.channels, layer.groups, layer._listeners) == ({}, {}, {})

"""Frames that come faster than anybody should send them."""

import asyncio

FRAMES = 200


async def test_what_waits_is_taken_in_at_once(connect, bob, hall):
    """Daphne reads on whatever waits already: taken in one by one, a turn of the loop each, a flood would pile up."""
    socket = await connect(bob, hall)
    for _ in range(FRAMES):
        await socket.send({"type": "ping"})
    turns = 0
    while not socket._wire.input_queue.empty():
        await asyncio.sleep(0)
        turns += 1
    assert turns < FRAMES / 10
    for _ in range(FRAMES):
        await socket.next("pong")

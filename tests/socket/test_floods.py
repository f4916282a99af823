"""Frames that come faster than anybody should send them."""

import asyncio

from chat import limits
from tests.socket.client import Socket

FRAMES = 200


async def flooded(socket):
    """The code with which it is closed."""
    for _ in range(400):
        await socket.send({"type": "ping"})
    return await socket.close_code()


async def test_who_floods_again_and_again_is_not_let_in_for_a_while(
    connect, program_headers, alice, bob, hall, settings
):
    settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST = 0.001, 10
    for _ in range(3):
        assert await flooded(await connect(bob, hall)) == 4429
    error, code = await Socket(hall.slug, headers=await program_headers(bob)).refusal()
    assert (error["code"], code, 0 < error["retry_after"] <= 30) == ("rate_limited", 4429, True)
    await connect(alice, hall)
    limits.reset()
    await connect(bob, hall)


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

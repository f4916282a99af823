"""Floods of frames, and their limits."""

import asyncio

import pytest

from chat.rate_limits import limits
from chat.telemetry.counters import counts
from tests.socket.client import Socket

FRAMES = 200


async def flooded(socket):
    """Flood a socket and return the code with which it is closed."""
    for _ in range(400):
        await socket.send({"type": "ping"})
    return await socket.close_code()


async def test_a_client_that_floods_repeatedly_is_refused_for_a_while(
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


async def test_queued_frames_are_read_in_one_turn(connect, bob, hall):
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


# ---- Pings, pongs and fragments, which the server counts in a limit of the site


@pytest.fixture
async def counted(connect, bob, hall, settings):
    """`await counted()`: a socket of bob's, and what the server asks for each such frame on it."""
    settings.CHAT_FRAMES_PER_SECOND, settings.CHAT_FRAMES_BURST = 0.001, 10

    async def come():
        takes = []
        await connect(bob, hall, extensions={"chat.count_frames": takes.append})
        return takes[0]

    return come


async def test_sockets_of_a_person_share_the_control_frame_limit(counted):
    first, second = await counted(), await counted()
    assert [first() for _ in range(6)] + [second() for _ in range(4)] == [True] * 10
    assert (second(), first()) == (False, False)


async def test_a_socket_closed_for_control_frames_counts_as_closed_for_flooding(
    counted, program_headers, bob, hall, settings
):
    closes = counts.closes[1008]
    for take in [await counted() for _ in range(3)]:
        while take():
            pass
        take()
    assert counts.closes[1008] == closes + 3
    error, code = await Socket(hall.slug, headers=await program_headers(bob)).refusal()
    assert (error["code"], code) == ("rate_limited", 4429)

"""Control frames and fragments on real servers: ordinary clients meet no limit, a flood closes its own connection."""

import asyncio
import contextlib

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.site import PATIENCE_SECONDS


def enter(site, port, name):
    headers = {"Authorization": f"Bearer {site.guest(port, name)}"}
    return connect(f"ws://127.0.0.1:{port}/ws/chat/lobby/", subprotocols=["chat.v1"], additional_headers=headers)


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_pings_and_parts_are_in_order_and_pings_without_end_close_their_own_connection(
    new_site, connect_clients, server
):
    site = new_site(CHAT_FRAMES_PER_SECOND="0.001")
    port = site.start(server)
    [neighbour] = await connect_clients(site, port, "bob")
    async with asyncio.timeout(PATIENCE_SECONDS), enter(site, port, "cyd") as client:
        await client.recv()
        for _ in range(20):
            await (await client.ping())
        await client.send(iter('{"type":"ping","ref":"parts"}'))
        while '"ref":"parts"' not in await client.recv():
            pass
    async with asyncio.timeout(PATIENCE_SECONDS), enter(site, port, "ada") as flooder:
        await flooder.recv()
        with contextlib.suppress(ConnectionClosed):
            for _ in range(300):
                await flooder.ping()
            while True:
                await flooder.recv()
    # Pings that arrive after the close frame was sent reset the connection, and the reset may overtake that frame.
    assert flooder.close_code in (1008, 1006)
    await neighbour.post("still here")

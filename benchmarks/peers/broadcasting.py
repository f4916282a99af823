"""`websockets` with its `broadcast()`: what somebody says in a room is sent to all who are in it, and not kept.

Run as a program: `python -m benchmarks.peers.broadcasting PORT`.
"""

import asyncio
import sys
from collections import defaultdict

from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.machine import loop_factory

rooms: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def talk(connection: ServerConnection) -> None:
    room = rooms[connection.request.path if connection.request else ""]
    room.add(connection)
    try:
        async for said in connection:
            broadcast(room, said)
    finally:
        room.discard(connection)


async def main(port: int) -> None:
    async with serve(talk, "127.0.0.1", port, compression=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main(int(sys.argv[1])))

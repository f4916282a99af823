"""The flooder, in a process of its own: `python -m benchmarks.floods.flooder KIND PORT ROOM TOKEN COOKIE`.

It prints a line when it has begun, and its counts at SIGTERM.
"""

import asyncio
import signal
import sys

import msgspec

from benchmarks.floods.kinds import KINDS, Target

LANES = 8


async def flood(kind: str, target: Target) -> None:
    """Repeat the flood until SIGTERM, in `LANES` tasks at once."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    lanes = [asyncio.create_task(_lane(kind, target)) for _ in range(LANES)]
    ending = asyncio.create_task(over.wait())
    await target.begun.wait()
    print("flooding", flush=True)
    done, _ = await asyncio.wait([*lanes, ending], return_when=asyncio.FIRST_COMPLETED)
    for lane in done - {ending}:
        lane.result()  # it only ends by a failure
    for lane in lanes:
        lane.cancel()
    print(msgspec.json.encode(target.counts).decode(), flush=True)


async def _lane(kind: str, target: Target) -> None:
    while True:
        try:
            await KINDS[kind](target)
        except* (OSError, asyncio.IncompleteReadError):
            pass  # the site has closed a connection: on with the next
        await target.rest()


if __name__ == "__main__":
    kind, port, room, token, cookie = sys.argv[1:]
    asyncio.run(flood(kind, Target(int(port), room, token, cookie)))

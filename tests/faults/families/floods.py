"""Clients that disappear, read too slowly or never, or send too much, in a busy room."""

import asyncio
import contextlib
import json

from tests.faults.memory import MIB
from tests.faults.proxy import Proxy
from tests.faults.rawline import RawLine
from tests.faults.registry import fault

# The longest message, of three bytes for each character. A broadcast has its text and its HTML.
BODY = "語" * 8000
BROADCAST_BYTES = 2 * len(BODY.encode())
BAD_CLIENTS = 8
# Pings of no content, masked with zeros, so many in one write.
PINGS = b"\x89\x80\0\0\0\0" * 2000
# A window of changes and one of other frames for each bad client, with what the server copies of them; the room's ring
# of changes; and what a worker that has worked holds more than one that has not.
BOUND_MIB = BAD_CLIENTS * 4 + 8 + 40
# Each of the others has a window too, which is full while bad clients keep the worker busy.
EACH_MIB = 2


# In small, the two below differ from `readers_never_read` in nothing that bounds the memory: nobody acknowledges.
@fault(8, "Half-open lines: clients that are gone without a word", load={"rate": 0}, quick=None)
async def lines_are_half_open(run):
    async with Proxy(run.ports[0]) as proxy:
        gone = [run.newcomer([proxy.port]) for _ in range(BAD_CLIENTS)]
        await come(gone)
        proxy.silence(requests=True, answers=True)
        await flood(run)
        await leave(gone)


@fault(8, "Readers that take a kilobyte at a time", load={"rate": 0}, quick=None)
async def readers_are_slow(run):
    async def read_slowly(line):
        while await line.read(1024):
            await asyncio.sleep(0.1)

    await beside(run, read_slowly)


@fault(8, "Clients that send and never read", load={"rate": 0})
async def readers_never_read(run):
    async def ping(line):
        while True:
            await line.send(b'{"type":"ping"}')
            await asyncio.sleep(0.01)

    await beside(run, ping)


@fault(
    8,
    "Clients that send as fast as they can",
    environment=lambda deployment: {"CHAT_FRAMES_PER_SECOND": "100", "CHAT_FRAMES_BURST": "200"},
    load={"rate": 0},
    quick=None,  # tests/socket/test_floods.py has the limit of frames
)
async def clients_flood(run):
    async def shout(line):
        for number in range(100_000):
            frame = {"type": "typing", "on": bool(number % 2), "ref": str(number)}
            await line.send(json.dumps(frame).encode())

    await beside(run, shout)


@fault(
    8,
    "Clients that send pings as fast as they can",
    environment=lambda deployment: {"CHAT_FRAMES_PER_SECOND": "100", "CHAT_FRAMES_BURST": "200"},
    load={"rate": 0},
    quick=None,  # tests/processes/test_control_frames.py floods both servers
)
async def control_frames_flood(run):
    async def ping(line):
        while True:
            await line.send_raw(PINGS)

    await beside(run, ping)


async def beside(run, behave):
    """Run bad clients while the others post enough to flood them."""
    async with contextlib.AsyncExitStack() as stack:
        path = f"/ws/chat/{run.room}/"
        people = [run.spare_person() for _ in range(BAD_CLIENTS)]
        lines = [await stack.enter_async_context(RawLine(run.ports[0], path, it.token)) for it in people]
        behaving = [asyncio.create_task(behave(line)) for line in lines]
        await flood(run)
        for task in behaving:
            task.cancel()
        ends = await asyncio.gather(*behaving, return_exceptions=True)
    run.note(disconnected=sum(isinstance(end, OSError) or end is None for end in ends))


async def flood(run):
    """Let the group write this much. The memory of the workers must not grow beyond the bound."""
    before = run.memory.last
    posts = run.size.flood_mib * MIB // BROADCAST_BYTES
    for member in run.group.members:
        for _ in range(posts // len(run.group.members)):
            member.outbox.post(BODY)
    await run.group.answered()
    run.mended()
    await run.group.settle()
    growth, bound = (run.memory.peak - before) / MIB, BOUND_MIB + EACH_MIB * len(run.group.members)
    run.note(flooded_mib=run.size.flood_mib * BAD_CLIENTS, grown_mib=round(growth, 1))
    run.expect(growth < bound, f"the workers grew by {growth:.0f} MiB, above {bound}")


async def come(members):
    for member in members:
        member.come()
        await member.until(lambda it=member: it.is_in)


async def leave(members):
    await asyncio.gather(*(member.leave() for member in members))

"""Malformed frames: each is refused or closes its own socket, and no other client is affected."""

import asyncio
import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults.registry import fault
from tests.site import PATIENCE_SECONDS

CLIENT_ID = "11111111-1111-4111-8111-111111111111"
DOCUMENTED_CLOSES = {1009, 4400, 4429}
# A server that does not read a whole frame cannot always send its close code: a TCP reset discards it.
RESET, NOT_EVEN_GATHERED = 1006, 256 * 1024
DEEP, LONG = 100_000, 5_000


def post(body, **fields):
    return json.dumps({"type": "post", "client_id": CLIENT_ID, "body": body, **fields})


POISON = {
    "not JSON": "{",
    "empty": "",
    "a number": "7",
    "a list": "[]",
    "null": "null",
    "100,000 brackets": "[" * DEEP + "]" * DEEP,
    "brackets below the limit": "[" * 30_000 + "]" * 30_000,
    "objects within objects": '{"type":' * 8_000 + "1" + "}" * 8_000,
    "an integer of 5,000 digits": '{"type":"read","seq":' + "9" * LONG + "}",
    "a negative seq": '{"type":"read","seq":-1}',
    "a seq beyond 64 bits": '{"type":"edit","seq":99999999999999999999,"body":"x"}',
    "a lone surrogate": '{"type":"post","client_id":"' + CLIENT_ID + '","body":"\\ud800"}',
    "NUL alone": post("\0"),
    "NaN": '{"type":"read","seq":NaN}',
    "infinity": '{"type":"read","seq":1e999}',
    "a name twice": '{"type":"post","type":"ping"}',
    "no type": "{}",
    "an unknown type": '{"type":"drop_tables"}',
    "an invalid type": '{"type":{"type":"post"}}',
    "an invalid body": '{"type":"post","client_id":"' + CLIENT_ID + '","body":["x"]}',
    "no client id": '{"type":"post","body":"x"}',
    "an invalid client id": '{"type":"post","client_id":"x","body":"x"}',
    "nothing to read": post("\u200b\u202e\u2066"),
    "a body over the limit": post("x" * 9_000),
    "a frame over the limit": post("x" * 70_000),
    "a frame far over the limit": post("x" * 600_000),
    "an invalid emoji": '{"type":"react","seq":1,"emoji":"<script>","on":true}',
    "a ref over the limit": '{"type":"ping","ref":"' + "r" * 10_000 + '"}',
    "an invalid cursor": '{"type":"ack","cursor":"\'; DROP TABLE chat_message; --","ref":"1"}',
    "bytes": b"\x00\xff\xfe",
    "a frame as bytes": post("x").encode(),
}


# tests/fuzz/test_frames.py sends such frames to both servers.
@fault(12, "Poison frames", baseline=False, quick=None)
async def frames_are_poison(run):
    person = run.spare_person()
    before = [len(member.closes) for member in run.group.members]
    for name, frame in POISON.items():
        answer = await taste(run, person, frame)
        expected = {"error", *DOCUMENTED_CLOSES, *([RESET] if len(frame) > NOT_EVEN_GATHERED else [])}
        run.expect(answer in expected, f"{name} was answered with {answer}")
    after = [len(member.closes) for member in run.group.members]
    run.expect(before == after, "a neighbour's line broke")
    stored = [row for row in run.rows() if row.author == person.id]
    run.expect(not stored, f"poison was stored: {stored}")
    run.note(frames=len(POISON))


async def taste(run, person, frame):
    """Return the type of the answer to a frame, or the code with which the socket closes."""
    address = f"ws://127.0.0.1:{run.ports[0]}/ws/chat/{run.room}/"
    headers = {"Authorization": f"Bearer {person.token}"}
    async with connect(
        address, subprotocols=["chat.v1"], additional_headers=headers, proxy=None, compression=None, max_size=None
    ) as wire:
        try:
            await wire.send(frame)
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await first_answer(wire)
        except ConnectionClosed:
            return wire.close_code


async def first_answer(wire):
    async for text in wire:
        answer = json.loads(text)
        if answer["type"] in ("error", "ok", "pong"):
            return answer["type"]
    return wire.close_code

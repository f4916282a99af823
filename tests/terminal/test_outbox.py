"""The outbox executes each command once and in order, for any answers and any number of reconnects."""

import asyncio
import uuid
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol import MAX_FRAME_IN_BYTES, Code, Delete, Error, Ok, Post
from chat.terminal.outbox import CommandRefused, Outbox
from tests.cases import each


class Broken(Exception):
    """The connection was lost."""


class Wire:
    """A site that answers each command as told: done, refused permanently or for now, too late, or not at all."""

    def __init__(self, outbox, fates, log):
        self._outbox, self._fates, self._log = outbox, fates, log

    async def send(self, text, /):
        command = msgspec.json.decode(text)
        fate = self._fates.pop(0) if self._fates else "ok"
        answer = Ok(ref=command["ref"], seq=1, rev=1)
        if fate in ("ok", "lost"):  # `lost`: done, but the answer did not come back
            self._log.append(command["body"])
        if fate in ("lost", "broken"):
            raise Broken
        if fate == "stale":
            self._outbox.take(Ok(ref="0", seq=1, rev=1))
            fate = "busy"
        if fate in tuple(Code):
            answer = Error(ref=command["ref"], code=Code(fate), detail="No.", retry_after=1e-6)
        self._outbox.take(answer)


async def send_all(fates, count):
    """Return the executed texts, and whether each command was done."""
    outbox, log = Outbox(), []
    pending = [outbox.add(Post(client_id=uuid.uuid4(), body=f"{n}")) for n in range(count)]
    while len(outbox):
        with suppress(Broken):
            emptying = asyncio.ensure_future(outbox.empty_into(Wire(outbox, fates, log), 0.0))
            done, _ = await asyncio.wait([emptying, *(it.answer for it in pending[-1:])], return_when="FIRST_COMPLETED")
            if emptying in done:
                emptying.result()
            emptying.cancel()
    return log, [it.answer.exception() is None for it in pending]


@given(
    st.lists(st.sampled_from(["ok", "lost", "broken", "stale", "rate_limited", "busy", "unavailable", "muted"])),
    st.integers(1, 8),
)
def test_all_commands_are_done_in_order_for_any_answers(fates, count):
    log, was_done = asyncio.run(send_all(list(fates), count))
    assert log == sorted(log, key=int)  # twice only where the answer was lost; the site knows it by its client id
    assert set(log) >= {f"{n}" for n in range(count) if was_done[n]}
    assert was_done.count(False) <= fates.count("muted")


@pytest.mark.parametrize(
    ("posts_per_second", "fates", "waits"),
    [
        (5.0, ["ok", "rate_limited"], [0.0, 1e-6, 0.2, 0.2]),
        (5.0, ["rate_limited", "ok", "rate_limited"], [1e-6, 0.2, 1e-6, 0.3]),
        (0.0, ["rate_limited"], [1e-6, 1e-6, 1e-6, 1e-6]),
        (5.0, ["busy", "unavailable"], [1e-6, 1e-6, 0.0, 0.0]),
    ],
)
async def test_a_rate_limited_sender_continues_at_the_allowed_rate(monkeypatch, posts_per_second, fates, waits):
    waited, outbox = [], Outbox()
    real = asyncio.sleep

    async def sleep(seconds):
        waited.append(seconds)
        await real(0)

    monkeypatch.setattr("chat.terminal.outbox.asyncio.sleep", sleep)
    pending = [outbox.add(Post(client_id=uuid.uuid4(), body=f"{n}")) for n in range(4)]
    emptying = asyncio.ensure_future(outbox.empty_into(Wire(outbox, fates, []), posts_per_second))
    await pending[-1].wait()
    emptying.cancel()
    assert waited[:4] == pytest.approx(waits)


async def test_refusal_has_a_reason_and_the_next_command_is_sent():
    outbox = Outbox()
    first, second = (outbox.add(Post(client_id=uuid.uuid4(), body=body)) for body in "ab")
    emptying = asyncio.ensure_future(outbox.empty_into(Wire(outbox, ["muted"], []), 5.0))
    with pytest.raises(CommandRefused) as refused:
        await first.wait()
    assert (refused.value.code, refused.value.detail) == (Code.MUTED, "No.")
    assert (await second.wait()).seq == 1
    emptying.cancel()


@each("attempts", [1, 2])
async def test_a_deletion_is_done_if_it_was_done_before_the_line_broke(attempts):
    pending = Outbox().add(Delete(seq=1))
    pending.attempts = attempts
    pending.take(Error(code=Code.NOT_FOUND, detail="There is no such message."))
    assert (pending.answer.exception() is None) is (attempts > 1)


async def test_a_message_larger_than_a_frame_is_never_sent():
    outbox = Outbox()
    room = MAX_FRAME_IN_BYTES - len(outbox.add(Post(client_id=uuid.uuid4(), body="")).command.encode())
    assert not outbox.add(Post(client_id=uuid.uuid4(), body="x" * room)).answer.done()
    with pytest.raises(CommandRefused) as refused:
        outbox.add(Post(client_id=uuid.uuid4(), body="x" * (room + 1))).answer.result()
    assert (refused.value.code, len(outbox)) == (Code.TOO_LONG, 2)

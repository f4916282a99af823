"""The terminal client against the sequences that every client must handle."""

import json
from datetime import UTC
from pathlib import Path

import pytest

from chat.protocol import Code, Error, MarkUnread, Ok, Reset
from chat.terminal.outbox import CommandRefused, Outbox
from chat.transcript.transcript import Deleted, Edited, Posted, StartedOver, Transcript
from tests.models.clock import Loop
from tests.terminal.frames import message_data

FOLDER = Path(__file__).parent.parent / "vectors"
IDS = {"ada": 7, "bob": 8}


def vectors(kind):
    found = json.loads((FOLDER / f"{kind}.json").read_text())
    return pytest.mark.parametrize("steps", [pytest.param(it["steps"], id=f"seed {it['seed']}") for it in found])


def message(fields):
    """A message of the vectors as a client holds it."""
    author = {"id": IDS[fields["author"]], "name": fields["author"], "guest": False}
    reactions = [{"emoji": it, "people": [IDS[who] for who in people]} for it, people in fields["reactions"].items()]
    rest = {name: fields[name] for name in ("deleted", "reply_to")}
    return message_data(fields["seq"], fields["rev"], fields["body"], author=author, reactions=reactions, **rest)


def places(happenings, kind):
    return [it.message.seq for it in happenings if isinstance(it, kind)]


@vectors("streams")
def test_terminal_shows_each_message_and_each_change_once(steps):
    transcript = Transcript(after=0, zone=UTC)
    for step in steps:
        if step["do"] == "ask":
            continue
        if step["do"] == "reset":
            assert transcript.take(Reset(cursor=step["cursor"])) == [StartedOver()]
        happenings = transcript.take_messages([message(it) for it in step["messages"]])
        for kind, name in ((Posted, "said"), (Edited, "edited"), (Deleted, "deleted")):
            assert places(happenings, kind) == step[name]
        assert [transcript.messages[seq].rev for seq in sorted(transcript.messages)] == step["holds"]


class Line:
    """An outbox over a connection that breaks and returns. Time passes only while a retry delay runs."""

    def __init__(self, loop):
        self.loop, self.outbox = loop, loop.run_until_complete(self._make())
        self.sent, self.pending = [], []
        self._emptying = None
        self.hello({})

    async def _make(self):
        return Outbox()

    async def send(self, text, /):
        self.sent.append(json.loads(text)["seq"])

    def ask(self, _):
        async def add():
            self.pending.append(self.outbox.add(MarkUnread(seq=len(self.pending) + 1)))

        self.loop.run_until_complete(add())

    def answer(self, step):
        ref = self.outbox.waiting[0].command.ref if step["number"] else "another"
        if step["code"] == "ok":
            answer = Ok(ref=ref, seq=1, rev=1)
        else:
            answer = Error(ref=ref, code=Code(step["code"]), detail="No.", retry_after=1.0)
        self.outbox.take(answer)
        self.loop.turn(5)

    def wait(self, _):
        self.loop.wait(1.0)

    def hello(self, _):
        self._emptying = self.loop.create_task(self.outbox.empty_into(self, 0.0))

    def end(self, _=None):
        if self._emptying:
            self._emptying.cancel()
            self.loop.turn(5)
            self._emptying = None

    @property
    def done(self):
        return [n for n, it in enumerate(self.pending, 1) if it.answer.done() and not it.answer.exception()]

    @property
    def refused(self):
        answers = [(n, it.answer.exception()) for n, it in enumerate(self.pending, 1) if it.answer.done()]
        return [n for n, error in answers if isinstance(error, CommandRefused)]


@pytest.fixture
def line():
    loop = Loop()
    line = Line(loop)
    yield line
    line.end()
    loop.close()


@vectors("queues")
def test_commands_go_one_at_a_time_in_order_until_answered(line, steps):
    loop, finished = line.loop, 0
    does = {"ask": line.ask, "answer": line.answer, "wait": line.wait, "break": line.end, "hello": line.hello}
    for step in steps:
        does[step["do"]](step)
        loop.turn(10)
        if len(step["done"]) + len(step["refused"]) > finished:
            finished += 1
            loop.wait(10.0)  # the delay between posts after a rate limit
        assert (line.sent, line.done, line.refused) == (step["sent"], step["done"], step["refused"]), step

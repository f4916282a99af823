"""The report of a script that gives up: the stored messages and the uncertain one."""

import os

import pytest

from chat.protocol import Ok
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.outbox import Outbox
from chat.terminal.posting import Posting
from tests.terminal.frames import changes, hello, message


class Line:
    """A session that answers this many messages, and sends some more without an answer."""

    def __init__(self, answered, sent):
        self._answered, self._sent, self._outbox = answered, sent, Outbox()

    def ask(self, command):
        pending = self._outbox.add(command)
        if self._answered:
            self._answered -= 1
            pending.take(Ok(seq=1, rev=1))
        pending.attempts = self._sent
        return pending

    def silence(self, seconds):
        return ExitError(Exit.NO_ANSWER, f"No answer in {seconds} s.")


@pytest.mark.parametrize(
    ("answered", "sent", "summary"),
    [
        (0, 0, "0 messages were saved."),
        (0, 1, "0 messages were saved. Line 1 may have been saved. Nothing after it was sent."),
        (1, 0, "1 message was saved."),
        (2, 2, "2 messages were saved. Line 3 may have been saved. Nothing after it was sent."),
        (3, 1, "3 messages were saved."),
    ],
)
async def test_summary_mentions_only_a_sent_and_unanswered_message(tmp_path, answered, sent, summary):
    (tmp_path / "input").write_text("one\ntwo\nthree")
    descriptor = os.open(tmp_path / "input", os.O_RDONLY)
    posting = Posting(Line(answered, sent), descriptor, whole=False, timeout_seconds=0.01)
    if answered < 3:
        with pytest.raises(ExitError, match="No answer"):
            await posting.run()
    else:
        await posting.run()
    os.close(descriptor)
    assert posting.summary == summary


async def test_printed_cursor_is_after_the_posted_message_even_if_its_pong_is_late(fake, use, hasty):
    @fake.talk
    async def talk(wire):
        await wire.say(hello("e.1.4", 4, heartbeat=0))
        post = await wire.hear_a("post")
        await wire.say({"type": "ok", "ref": post["ref"], "client_id": post["client_id"], "seq": 5, "rev": 5})
        for _ in range(3):
            await wire.hear_a("ping")
            await wire.say({"type": "pong", "cursor": "e.1.4"})
        await wire.say(changes("e.1.5", message(5)))
        while await wire.hear_a("ping"):
            await wire.say({"type": "pong", "cursor": "e.1.5"})

    assert (await use(fake.address, print_cursor=True)).startswith("e.1.5:")

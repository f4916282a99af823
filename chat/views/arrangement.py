"""How messages stand together on a page as it is sent: by the days of UTC, as the reader's clock is not known.

controllers/arrangement.js has the same rules and goes on from here, by the reader's own days.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from chat.protocol import Message

GROUP_LENGTH = timedelta(minutes=5)


class Line(NamedTuple):
    """A message, the day that begins with it, and whether it goes on what the one before began to say."""

    message: Message
    day: datetime | None
    continues: bool


def arranged(messages: Sequence[Message]) -> list[Line]:
    return [_line(earlier, message) for earlier, message in pairwise([None, *messages]) if message]


def _line(earlier: Message | None, message: Message) -> Line:
    moment = datetime.fromisoformat(message.created_at)
    if earlier is None or datetime.fromisoformat(earlier.created_at).date() != moment.date():
        return Line(message, day=moment, continues=False)
    return Line(message, day=None, continues=_is_one_breath(earlier, message))


def _is_one_breath(earlier: Message, later: Message) -> bool:
    passed = datetime.fromisoformat(later.created_at) - datetime.fromisoformat(earlier.created_at)
    has_one_author = earlier.author == later.author
    return has_one_author and passed < GROUP_LENGTH and not later.reply_to and not earlier.deleted

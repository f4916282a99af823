"""How messages stand together on a page as it is sent: by the days of UTC, as the reader's clock is not known.

controllers/arrangement.js has the same rules and goes on from here, by the reader's own days.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import dropwhile, pairwise
from typing import NamedTuple

from chat.protocol import Message

GROUP_LENGTH = timedelta(minutes=5)


class Line(NamedTuple):
    """A message, the day that begins with it, if what is new does, and if it goes on what the one before it says."""

    message: Message
    day: datetime | None
    is_first_unread: bool
    continues: bool


def arranged(messages: Sequence[Message], reader_id: int, read_seq: int) -> list[Line]:
    unread = first_unread(messages, reader_id, read_seq)
    return [_line(earlier, message, message is unread) for earlier, message in pairwise([None, *messages]) if message]


def first_unread(messages: Sequence[Message], reader_id: int, read_seq: int) -> Message | None:
    """What others wrote after the last message read. Who has read nothing is new here, and to them nothing is news."""
    following = dropwhile(lambda message: message.seq != read_seq + 1, messages) if read_seq else ()
    return next((message for message in following if not message.author or message.author.id != reader_id), None)


def _line(earlier: Message | None, message: Message, is_first_unread: bool) -> Line:
    if earlier is None or _day(earlier) != _day(message):
        return Line(message, datetime.fromisoformat(message.created_at), is_first_unread, continues=False)
    return Line(message, None, is_first_unread, continues=not is_first_unread and _is_one_breath(earlier, message))


def _day(message: Message) -> str:
    return message.created_at[: len("2026-01-31")]


def _is_one_breath(earlier: Message, later: Message) -> bool:
    if earlier.author != later.author or later.reply_to or earlier.deleted:
        return False
    return datetime.fromisoformat(later.created_at) - datetime.fromisoformat(earlier.created_at) < GROUP_LENGTH

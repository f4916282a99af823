"""Grouping of messages on a page, by days of UTC, since the server does not know the reader's time zone.

controllers/arrangement.js has the same rules and regroups by the reader's own days.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import dropwhile, pairwise
from typing import NamedTuple

from chat.protocol import MessageData

GROUP_LENGTH = timedelta(minutes=5)


class GroupedMessage(NamedTuple):
    """A message and its position on the page.

    `day` is set if a day begins with it. `continues` is set if it needs no header, as it follows one of its author.
    """

    message: MessageData
    day: datetime | None
    is_first_unread: bool
    continues: bool


def group_messages(messages: Sequence[MessageData], reader_id: int, read_seq: int) -> list[GroupedMessage]:
    unread = first_unread(messages, reader_id, read_seq)
    return [
        _grouped(earlier, message, message is unread) for earlier, message in pairwise([None, *messages]) if message
    ]


def first_unread(messages: Sequence[MessageData], reader_id: int, read_seq: int) -> MessageData | None:
    """Return the first message by someone else after the last one read. Newcomers have read none and get none."""
    following = dropwhile(lambda message: message.seq != read_seq + 1, messages) if read_seq else ()
    return next((message for message in following if not message.author or message.author.id != reader_id), None)


def _grouped(earlier: MessageData | None, message: MessageData, is_first_unread: bool) -> GroupedMessage:
    if earlier is None or _day(earlier) != _day(message):
        return GroupedMessage(message, datetime.fromisoformat(message.created_at), is_first_unread, continues=False)
    return GroupedMessage(
        message, None, is_first_unread, continues=not is_first_unread and _continues(earlier, message)
    )


def _day(message: MessageData) -> str:
    return message.created_at[: len("2026-01-31")]


def _continues(earlier: MessageData, later: MessageData) -> bool:
    if earlier.author != later.author or later.reply_to or earlier.deleted:
        return False
    return datetime.fromisoformat(later.created_at) - datetime.fromisoformat(earlier.created_at) < GROUP_LENGTH

"""The JSON of Slack's export, as far as it is read. Everything may be missing, and any field may be new."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

# The time of a message is its id in its conversation.
_TS = re.compile(r"(\d{1,11})\.(\d{1,6})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_SECONDS = 250_000_000_000  # in the year 9892


def time_of(ts: str) -> datetime | None:
    """Return the time that is the id of a message, or None if it is none."""
    found = _TS.fullmatch(ts)
    if found is None or int(found[1]) >= _LATEST_SECONDS:
        return None
    return moment(int(found[1])) + timedelta(microseconds=int(found[2].ljust(6, "0")))


def moment(seconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=min(max(seconds, 0), _LATEST_SECONDS))


def is_program(slack_id: str) -> bool:
    """Return whether an author is a program: it has an id of its own kind, or only a name."""
    return slack_id.startswith(("B", "name:"))


class SlackProfile(msgspec.Struct):
    display_name: str | None = None
    real_name: str | None = None
    email: str | None = None
    name: str | None = None


class SlackUser(msgspec.Struct):
    id: str
    name: str | None = None
    real_name: str | None = None
    deleted: bool | None = None
    is_bot: bool | None = None
    profile: SlackProfile | None = None

    @property
    def shown_name(self) -> str:
        profile = self.profile or SlackProfile()
        return profile.display_name or self.real_name or profile.real_name or self.name or ""


class SlackText(msgspec.Struct):
    value: str | None = None


class SlackConversation(msgspec.Struct):
    """A channel, a private channel, a group message (`mpims.json`) or a direct message (`dms.json`)."""

    id: str
    name: str | None = None
    created: int | float | None = None
    creator: str | None = None
    is_archived: bool | None = None
    members: list[str] | None = None
    topic: SlackText | None = None
    purpose: SlackText | None = None
    pins: list[Any] | None = None


class SlackReaction(msgspec.Struct):
    name: str
    users: list[str] | None = None
    count: int | None = None


class SlackEdit(msgspec.Struct):
    ts: str | None = None


class SlackFile(msgspec.Struct):
    id: str | None = None
    name: str | None = None
    title: str | None = None
    permalink: str | None = None


class SlackMessage(msgspec.Struct):
    ts: str
    type: str | None = None
    subtype: str | None = None
    user: str | None = None
    bot_id: str | None = None
    username: str | None = None
    bot_profile: SlackProfile | None = None
    user_profile: SlackProfile | None = None
    text: str | None = None
    thread_ts: str | None = None
    edited: SlackEdit | None = None
    hidden: bool | None = None
    reactions: list[SlackReaction] | None = None
    files: list[SlackFile | None] | None = None
    attachments: Any = None
    blocks: Any = None

    @property
    def author(self) -> str:
        """Return the id of the person or the program that has written it, or "" if nothing tells."""
        if self.user or self.bot_id:
            return self.user or self.bot_id or ""
        return f"name:{self.username}" if self.username else ""

    @property
    def shown_name(self) -> str:
        """Return the name of the author that the message has, for those who are not among the users."""
        for profile in (self.user_profile, self.bot_profile):
            if profile and (name := profile.display_name or profile.real_name or profile.name):
                return name
        return self.username or ""

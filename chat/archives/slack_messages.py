"""The messages of Slack's export as records."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from uuid import UUID

from django.conf import settings

from chat.archives.identity import id_of, message_id
from chat.archives.records import FileRecord, MessageRecord
from chat.archives.slack_json import SlackFile, SlackMessage, time_of
from chat.text.slack import escaped, markdown, symbol_of
from chat.text.slack_message import mrkdwn_of

# Messages of people and programs. All others are Slack's own notes, such as that someone joined.
KEPT = {None, "", "bot_message", "me_message", "thread_broadcast", "reply_broadcast", "file_share", "file_comment"}
KEPT |= {"file_mention", "slackbot_response", "assistant_app_thread", "document_mention"}
# Stands where a message was that has replies.
DELETED = "tombstone"
MAX_PARTS = 20


@dataclass(slots=True)
class Names:
    """The names of people and the addresses of rooms that texts refer to by Slack's ids, and the paths of files."""

    uploads: Mapping[str, str]
    people: Mapping[str, str] = field(default_factory=dict)
    rooms: Mapping[str, str] = field(default_factory=dict)


def records(
    channel: str, message: SlackMessage, at: datetime, names: Names, notes: "Counter[str]"
) -> Iterator[MessageRecord]:
    """Yield the message, in parts if it is too long here. A note of Slack yields nothing."""
    if message.subtype == DELETED:
        yield MessageRecord(
            id=message_id(at, "slack", channel, message.ts), created_at=at, author=_author(message), deleted_at=at
        )
        return
    if message.subtype not in KEPT or message.hidden:
        notes[f"notes of Slack: {message.subtype or 'hidden'}"] += 1
        return
    files = _files(message, at, names, notes)
    parts = divided(_body(message, names), settings.CHAT_MAX_BODY)
    if len(parts) > 1:
        notes[f"messages divided because they are longer than {settings.CHAT_MAX_BODY:,} characters"] += 1
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        yield MessageRecord(
            id=message_id(at, "slack", channel, message.ts, *([str(number)] if number else [])),
            created_at=at,
            author=_author(message),
            body=part,
            answers=_answers(channel, message),
            is_answered=number == 0 and message.thread_ts == message.ts,
            edited_at=_edited(message),
            reactions=_reactions(message, notes) if number == 0 else [],
            files=files if is_last else [],
        )


def divided(body: str, limit: int) -> list[str]:
    """Divide a text into parts of at most `limit` characters, at ends of lines or words where there are some."""
    parts: list[str] = []
    while len(body) > limit and len(parts) < MAX_PARTS - 1:
        end = max(body.rfind("\n", limit // 2, limit), 0) or max(body.rfind(" ", limit // 2, limit), 0) or limit
        parts.append(body[:end])
        body = body[end:].lstrip(" \n")
    return [*parts, body if len(body) <= limit else body[: limit - 1] + "…"]


def _body(message: SlackMessage, names: Names) -> str:
    """Return the text as Markdown. Files without their bytes are named in it."""
    source = {"text": message.text, "attachments": message.attachments, "blocks": message.blocks}
    text = markdown(mrkdwn_of(source), names.people, names.rooms)
    if message.subtype == "me_message":
        text = f"_{text}_"
    linked = [_link(it) for it in message.files or () if it and (it.id or "") not in names.uploads]
    return "\n".join(part for part in (text, *linked) if part.strip())


def _link(file: SlackFile) -> str:
    name = escaped(file.title or file.name or "file").replace("\n", " ")
    return markdown(f"File: <{file.permalink}|{name}>" if file.permalink else f"File: {name}")


def _files(message: SlackMessage, at: datetime, names: Names, notes: "Counter[str]") -> list[FileRecord]:
    found = [it for it in message.files or () if it]
    here = [(it, path) for it in found if (path := names.uploads.get(it.id or ""))]
    notes["files that are not in the archive, named in their messages"] += len(found) - len(here)
    return [
        FileRecord(
            key=it.id or "",
            name=it.name or PurePosixPath(path).name,
            size=0,
            created_at=at,
            owner=_author(message),
            source=path,
        )
        for it, path in here
    ]


def _reactions(message: SlackMessage, notes: "Counter[str]") -> list[tuple[str, list[UUID]]]:
    found: list[tuple[str, list[UUID]]] = []
    for it in message.reactions or ():
        users = it.users or []
        if symbol := symbol_of(it.name):
            found.append((symbol, [id_of("slack person", user) for user in users if user]))
        else:
            notes[f"reactions with an emoji of the workspace’s own: :{it.name[:40]}:"] += len(users)
        notes["reactions of people whom the archive does not name"] += max((it.count or 0) - len(users), 0)
    return found


def _author(message: SlackMessage) -> UUID | None:
    return id_of("slack person", message.author) if message.author else None


def _answers(channel: str, message: SlackMessage) -> UUID | None:
    thread = message.thread_ts
    at = time_of(thread) if thread and thread != message.ts else None
    return message_id(at, "slack", channel, thread or "") if at else None


def _edited(message: SlackMessage) -> datetime | None:
    return time_of(message.edited.ts or "") if message.edited else None

"""Transcript events as plain text that is safe to print on any terminal."""

import unicodedata
from datetime import datetime, tzinfo
from urllib.parse import quote

from chat.protocol import FileData, MessageData
from chat.text.sizes import short_size
from chat.transcript.transcript import (
    Answered,
    Day,
    Deleted,
    Edited,
    Joined,
    Left,
    Posted,
    Reacted,
    TranscriptEvent,
    moment,
)

QUOTE_LENGTH = 60
NAMES_LISTED = 5
# Joiners of emoji and of scripts that need them. Other format characters may reorder or hide text.
_JOINERS = "\u200c\u200d"
_LINE_BREAKS = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def author_of(message: MessageData) -> str:
    name = one_line(message.author.name) if message.author else "Chat"
    quoted = f'"{name}"' if ":" in name else name  # because the name is followed by a colon
    return f"{quoted} (bot)" if message.author and message.author.bot else quoted


def lines(event: TranscriptEvent, zone: tzinfo | None = None, site: str = "") -> list[str]:
    """Return an event as plain text without terminal control characters. Continuation lines are indented.

    `site` is the address of the site, for links to files. Without it, they are paths.
    """
    match event:
        case Day(date=day):
            return [f"* {day:%A}, {day.day} {day:%B %Y}"]
        case Posted(message=message, quoted=quoted):
            return [*quote_lines(message, quoted), _said(message, moment(message.created_at, zone), site)]
        case Edited(message=message):
            return [_said(message, moment(message.edited_at or message.created_at, zone), site, " (edited)")]
        case _:
            return [f"* {describe(event, zone)}"]


def describe(event: TranscriptEvent, zone: tzinfo | None = None) -> str:
    """Return a short description of an event that is not a message."""
    match event:
        case Deleted(message=message):
            return f"{author_of(message)}'s message of {moment(message.created_at, zone):%H:%M} was deleted"
        case Reacted(message=message, name=name, emoji=emoji):
            return f"{one_line(name or 'someone')} reacted {one_line(emoji)} to {author_of(message)}: {gist(message)}"
        case Joined(names=names):
            return f"{listed(names)} joined"
        case Left(names=names):
            return f"{listed(names)} left"
        case Answered(command=command, text=text):
            lines = [one_line(line) for line in text.splitlines()]
            return f"/{one_line(command)}, for you only: " + "\n    ".join(lines)
        case _:
            return "history was reset"


def quote_lines(message: MessageData, quoted: MessageData | None) -> list[str]:
    if message.reply_to is None or message.deleted:
        return []
    if quoted is None:
        return [f"  > message {message.reply_to}"]
    return [f"  > {author_of(quoted)}: {gist(quoted)}"]


def body_of(message: MessageData, site: str = "") -> str:
    """Return the printable text, and a line for each file. Further lines are indented, so that none can pose as another
    person's message."""
    if message.deleted:
        return "(deleted)"
    text = printable(message.body)
    return "\n".join([*([text] if text else []), *(_file(it, site) for it in message.files)]).replace("\n", "\n    ")


def _file(file: FileData, site: str) -> str:
    """Return a line such as `[map.png 1.2 MB] https://…`."""
    about = f"[{one_line(file.name)} {short_size(file.size)}]"
    if file.state == "refused":
        return f"{about} {one_line(file.refusal)}"
    return f"{about} {site}/files/{quote(file.key)}/{quote(file.name, safe='', errors='replace')}"


def gist(message: MessageData) -> str:
    """Return the beginning of a message."""
    names = (file.name for file in message.files)
    return "(deleted)" if message.deleted else excerpt(message.body or ", ".join(names))


def excerpt(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= QUOTE_LENGTH else line[: QUOTE_LENGTH - 1] + "…"


def listed(names: list[str]) -> str:
    """Join names: `ada`, `ada and bob`, `ada, bob and 7 others`."""
    shown = [one_line(name) for name in names]
    if len(shown) > NAMES_LISTED:
        shown = [*shown[: NAMES_LISTED - 1], f"{len(names) - NAMES_LISTED + 1} others"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _said(message: MessageData, time: datetime, site: str, mark: str = "") -> str:
    return f"{time:%H:%M} {author_of(message)}{mark}: {body_of(message, site)}"


# ---- Safe text


def printable(text: str) -> str:
    """Remove the characters that could drive a terminal or disguise text.

    These are control, escape, bidi and other format characters, and lone surrogates. Line breaks of every kind become
    line feeds, and a tab becomes four spaces.
    """
    if text.isprintable():
        return text
    return "".join(map(_printable, text.replace("\r\n", "\n")))


def one_line(text: str) -> str:
    return " ".join(printable(text).split())


def _printable(character: str) -> str:
    if character.isprintable() or character == "\n" or character in _JOINERS:
        return character
    if character in _LINE_BREAKS:
        return "\n"
    if character == "\t":
        return "    "
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character

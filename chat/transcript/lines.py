"""Happenings in plain text, safe for any terminal to show."""

import unicodedata
from datetime import datetime, tzinfo

from chat.protocol import MessageData
from chat.transcript.transcript import Day, Deleted, Edited, Joined, Left, Posted, Reacted, TranscriptEvent, moment

QUOTE_LENGTH = 60
NAMES_LISTED = 5
# Joiners of emoji and of scripts that need them; every other format character may reorder or hide text.
_JOINERS = "\u200c\u200d"
_LINE_BREAKS = "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"


def author_of(message: MessageData) -> str:
    name = one_line(message.author.name) if message.author else "Chat"
    return f'"{name}"' if ":" in name else name  # else it would end where it wants to


def lines(happening: TranscriptEvent, zone: tzinfo | None = None) -> list[str]:
    """A happening in plain text that no terminal takes for more; what goes on to another line is indented."""
    match happening:
        case Day(date=day):
            return [f"* {day:%A}, {day.day} {day:%B %Y}"]
        case Posted(message=message, quoted=quoted):
            return [*quote_lines(message, quoted), _said(message, moment(message.created_at, zone))]
        case Edited(message=message):
            return [_said(message, moment(message.edited_at or message.created_at, zone), " (edited)")]
        case _:
            return [f"* {describe(happening, zone)}"]


def describe(happening: TranscriptEvent, zone: tzinfo | None = None) -> str:
    """A happening that is no message, as half a sentence."""
    match happening:
        case Deleted(message=message):
            return f"{author_of(message)}'s message of {moment(message.created_at, zone):%H:%M} was deleted"
        case Reacted(message=message, name=name, emoji=emoji):
            return f"{one_line(name or 'someone')} reacted {one_line(emoji)} to {author_of(message)}: {gist(message)}"
        case Joined(names=names):
            return f"{listed(names)} joined"
        case Left(names=names):
            return f"{listed(names)} left"
        case _:
            return "history was reset"


def quote_lines(message: MessageData, quoted: MessageData | None) -> list[str]:
    if message.reply_to is None or message.deleted:
        return []
    if quoted is None:
        return [f"  > message {message.reply_to}"]
    return [f"  > {author_of(quoted)}: {gist(quoted)}"]


def body_of(message: MessageData) -> str:
    """What was written, made printable, with its further lines indented: none of them passes for somebody else's."""
    return "(deleted)" if message.deleted else printable(message.body).replace("\n", "\n    ")


def gist(message: MessageData) -> str:
    """The beginning of a message."""
    return "(deleted)" if message.deleted else excerpt(message.body)


def excerpt(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= QUOTE_LENGTH else line[: QUOTE_LENGTH - 1] + "…"


def listed(names: list[str]) -> str:
    """`ada`, `ada and bob`, `ada, bob and 7 others`."""
    shown = [one_line(name) for name in names]
    if len(shown) > NAMES_LISTED:
        shown = [*shown[: NAMES_LISTED - 1], f"{len(names) - NAMES_LISTED + 1} others"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _said(message: MessageData, time: datetime, mark: str = "") -> str:
    return f"{time:%H:%M} {author_of(message)}{mark}: {body_of(message)}"


# ---- Safety


def printable(text: str) -> str:
    """`text` without what could drive a terminal or disguise itself there: control, escape, bidi and other format
    characters, lone surrogates. Line breaks of every kind become line feeds, a tab four spaces."""
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

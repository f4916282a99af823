"""The styles of the transcript: fragments of styled text without terminal control characters."""

import re
import zlib

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.styles import Style

from chat.protocol import MessageData
from chat.transcript.lines import author_of, body_of, describe, one_line, quote_lines
from chat.transcript.transcript import Day, Edited, Posted, TranscriptEvent, moment

# Readable on a dark and on a light background.
NAME_COLOURS = (
    "#d7005f",
    "#d75f00",
    "#af8700",
    "#878700",
    "#5f8700",
    "#00875f",
    "#008787",
    "#0087af",
    "#0087ff",
    "#5f5fff",
    "#875fd7",
    "#af5fd7",
)

STYLE = Style.from_dict(
    {
        "faint": "#808080",
        "day": "#808080",
        "event": "#808080",
        "quote": "#808080 italic",
        "action": "italic",
        "mention": "bold reverse",
        "error": "#d70000",
        "waiting": "#808080 italic",
        "bottom-toolbar": "noreverse #808080",
        "bottom-toolbar.offline": "bold #d70000",
        "bottom-toolbar.unread": "bold",
    }
)
# The words of a mention of everyone, as the site marks them in the HTML.
EVERYONE = ("room", "here")
# Quotes and further lines align with the text, after the time and the number.
INDENT = " " * 9
# The format `/me` posts: the whole message in emphasis.
_ACTION = re.compile(r"_([^_\n]+)_|\*([^*\n]+)\*")


def colour_of(name: str) -> str:
    """Return the colour of a name. It is always the same one."""
    return NAME_COLOURS[zlib.crc32(name.casefold().encode(errors="replace")) % len(NAME_COLOURS)]


def fragments(event: TranscriptEvent, me: str, site: str = "") -> StyleAndTextTuples:
    """Return an event as styled lines, without the last line break."""
    match event:
        case Day(date=day):
            return [("class:day", f"── {day:%A}, {day.day} {day:%B %Y} ──")]
        case Posted(message=message, quoted=quoted):
            quote: StyleAndTextTuples = [("class:quote", f"{INDENT}{line}\n") for line in quote_lines(message, quoted)]
            return [*quote, *_message(message, message.created_at, me, site)]
        case Edited(message=message):
            return _message(message, message.edited_at or message.created_at, me, site)
        case _:
            return [("class:event", f"* {describe(event)}")]


def _message(message: MessageData, time: str, me: str, site: str) -> StyleAndTextTuples:
    author = author_of(message)
    name = (f"bold {colour_of(author)}", author)
    mark = [("class:faint", " (edited)")] if message.edited_at and not message.deleted else []
    start: StyleAndTextTuples = [("class:faint", f"{moment(time):%H:%M} {message.seq:>4} ")]
    if message.deleted:
        return [*start, name, ("class:faint", ": (deleted)")]
    if not message.files and (action := _ACTION.fullmatch(message.body)):
        return [*start, ("", "* "), name, ("class:action", f" {one_line(action[1] or action[2])}"), *mark]
    return [*start, name, *mark, ("", ": "), *_body(message, me, site)]


def _body(message: MessageData, me: str, site: str) -> StyleAndTextTuples:
    """Return the text with mentions of the user highlighted, and those of everyone if the site has marked them."""
    words = [re.escape(me)] if me else []
    words += [word for word in EVERYONE if f'data-mention="{word}"' in message.html]
    pattern = rf"([@＠](?:{'|'.join(words)}))(?!\w)"
    text = body_of(message, site)
    parts = re.split(pattern, text, flags=re.IGNORECASE) if words else [text]
    return [("class:mention" if index % 2 else "", part) for index, part in enumerate(parts) if part]

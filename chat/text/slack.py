"""Slack's markup (mrkdwn) as Markdown. `slack_message.py` makes mrkdwn of attachments and blocks."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from chat.text import emoji

NO_NAMES: Mapping[str, str] = MappingProxyType({})

# Code, which has no other markup, and links and mentions. The first alternative that fits counts.
_PIECE = re.compile(r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|<(?P<token>[^<>\n]+)>", re.DOTALL)
_TOKEN = re.compile(r"<([^<>\n]+)>")
# A piece that has its final form. The texts have no NUL otherwise.
_KEPT = re.compile("\0([0-9]+)\0")
_BOLD = re.compile(r"(?<![\w*\\])\*(?![\s*])([^*\n]+?)(?<!\s)\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~\\])~(?![\s~])([^~\n]+?)(?<!\s)~(?![\w~])")
# Slack shows these as they are. Markdown would read a heading and a character.
_HEADING = re.compile(r"^(#{1,6})(?=\s)", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")
_QUOTE = re.compile(r"^> ?", re.MULTILINE)
_QUOTED_REST = re.compile(r"^>>> ?(.*)", re.MULTILINE | re.DOTALL)
_ESCAPES = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ESCAPED = re.compile("&(?:amp|lt|gt);")
_IN_LABEL = re.compile(r"([\\\[\]])")
_IN_ADDRESS = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C"})
# Skin tones, from 2, are characters of their own after the emoji.
_TONES = {str(number): chr(0x1F3FB + number - 2) for number in range(2, 7)}
_TONE = re.compile(r"(?<=:):skin-tone-([2-6]):")
_BROADCASTS = {"here": "@here", "channel": "@channel", "everyone": "@everyone"}


def markdown(text: str, people: Mapping[str, str] = NO_NAMES, channels: Mapping[str, str] = NO_NAMES) -> str:
    """Return Slack's markup as Markdown that looks the same.

    `people` maps Slack's ids to names, `channels` to addresses of rooms. Other ids keep the label that the text gives.
    Code stays as it is. Links that are neither of the web nor of email become text.
    """
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        if found["block"] is not None:
            code = _in_code(found["block"], people, channels).strip("\n")
            kept.append(f"```\n{code}\n```")
            return _on_its_own_lines(f"\0{len(kept) - 1}\0", found)
        if found["code"] is not None:
            kept.append(f"`{_in_code(found['code'], people, channels)}`")
        else:
            kept.append(_linked(found["token"], people, channels))
        return f"\0{len(kept) - 1}\0"

    marked = _PIECE.sub(keep, text.replace("\0", ""))
    marked = _TONE.sub(lambda found: _TONES[found[1]], unescaped(marked))
    marked = _STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", marked))
    marked = _HEADING.sub(r"\\\1", _ENTITY.sub(r"\\&", marked))
    marked = _QUOTE.sub("> ", _QUOTED_REST.sub(_quoted, marked))
    return _KEPT.sub(lambda found: kept[int(found[1])], marked)


def unescaped(text: str) -> str:
    """Return the text without Slack's three escapes. One pass, since `&amp;lt;` stands for `&lt;`."""
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)


def escaped(text: str) -> str:
    """Return plain text as mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def symbol_of(name: str) -> str | None:
    """Return the emoji of one of Slack's names, such as `+1` or `wave::skin-tone-3`."""
    base, _, tone = name.lower().partition("::skin-tone-")
    known = emoji.by_name()
    symbol = known.get(base) or known.get(base.removeprefix("flag-")) or known.get(base.replace("-", "_"))
    return symbol + _TONES.get(tone, "") if symbol else None


def _on_its_own_lines(block: str, found: re.Match[str]) -> str:
    """Return a block of code with the line breaks that Markdown needs around it."""
    text = found.string
    before = "" if found.start() == 0 or text[found.start() - 1] == "\n" else "\n"
    after = "" if found.end() == len(text) or text[found.end()] == "\n" else "\n"
    return f"{before}{block}{after}"


def _quoted(found: re.Match[str]) -> str:
    return "\n".join(f"> {line}" for line in found[1].split("\n"))


def _in_code(code: str, people: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """Return code as Slack shows it: of a link only the text."""
    return unescaped(_TOKEN.sub(lambda found: escaped(_label(found[1], people, channels)), code))


def _label(token: str, people: Mapping[str, str], channels: Mapping[str, str]) -> str:
    """Return the text that Slack shows for what stands between `<` and `>`."""
    target, _, label = token.partition("|")
    kind, name = target[:1], target[1:]
    if kind == "@":
        return f"@{people.get(name) or unescaped(label) or name}"
    if kind == "#":
        return f"#{channels.get(name) or unescaped(label) or name}"
    if kind == "!":
        command = name.partition("^")[0]
        return unescaped(label) or _BROADCASTS.get(command, f"@{command}")
    return unescaped(label or target.removeprefix("mailto:"))


def _linked(token: str, people: Mapping[str, str], channels: Mapping[str, str]) -> str:
    target, _, _ = token.partition("|")
    label = _label(token, people, channels)
    if not target.lower().startswith(("http://", "https://", "mailto:")):
        return label
    address = unescaped(target)
    if label in (address, address.removeprefix("mailto:"), ""):
        return label or address
    shown = _IN_LABEL.sub(r"\\\1", label)
    return f"[{shown}]({address.translate(_IN_ADDRESS)})"

"""Emoji that are written by name, as in `:tada:`."""

import re
from bisect import bisect_right
from collections import defaultdict

from chat.text import emoji, markdown
from chat.text.scripts import WORD

_NAME = re.compile(r":([a-z0-9_+-]{1,60}):", re.IGNORECASE)
# One name or several in a row, or an address, which keeps its colons. There is none in `12:30:45`, `std::fire::x` and
# `\:tada:`.
_NAMES = re.compile(
    rf"(?P<address>://\S*|(?<!{WORD})www\.\S*)"
    rf"|(?<!{WORD})(?<![\\:])(?::[a-z0-9_+-]{{1,60}}:)+(?!:)",
    re.IGNORECASE,
)
_BACKTICKS = re.compile("`+")


def with_emoji(body: str) -> str:
    """Return a cleaned body with the names of known emoji replaced, except in code and addresses."""
    if not any(_is_known(found) for found in _NAME.finditer(body)):
        return body
    lines = body.split("\n")
    done = 0
    for first, last in markdown.text_lines(body):
        if first >= done:
            lines[first:last] = _replaced("\n".join(lines[first:last])).split("\n")
            done = last
    return "\n".join(lines)


def _replaced(text: str) -> str:
    pieces, at = [], 0
    for start, end in _code_spans(text):
        pieces += [_NAMES.sub(_symbols, text[at:start]), text[start:end]]
        at = end
    return "".join([*pieces, _NAMES.sub(_symbols, text[at:])])


def _symbols(found: re.Match[str]) -> str:
    return found[0] if found["address"] else _NAME.sub(_symbol, found[0])


def _symbol(found: re.Match[str]) -> str:
    return emoji.by_name().get(found[1].lower(), found[0])


def _is_known(found: re.Match[str]) -> bool:
    return found[1].lower() in emoji.by_name()


def _code_spans(text: str) -> list[tuple[int, int]]:
    """Return the ranges of code in backticks. A run of them ends at the next one that is as long."""
    runs = [found.span() for found in _BACKTICKS.finditer(text)]
    by_length: dict[int, list[int]] = defaultdict(list)
    for index, (start, end) in enumerate(runs):
        by_length[end - start].append(index)
    spans, index = [], 0
    while index < len(runs):
        start, end = runs[index]
        same = by_length[end - start]
        after = bisect_right(same, index)
        if after < len(same) and text[start - 1 : start] != "\\":
            index = same[after]
            spans.append((start, runs[index][1]))
        index += 1
    return spans

"""The excerpt of a found message: the part with the search terms, and the terms marked."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import strip_tags

from chat.models import Message
from chat.search.query import Term
from chat.text.words import Word, WordKind, words

EXCERPT_CHARACTERS = 320
# In a longer text, this much is shown before the first match.
LEAD_CHARACTERS = 80

CharacterRange = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an excerpt. `found` is set for a match."""

    text: str
    found: bool = False


def excerpt(message: Message, terms: Sequence[Term], others: Sequence[str] = ()) -> list[Part]:
    """Return the excerpt of the displayed text, or of the first other text that has a match.

    Only the body has addresses of links. `others` are the names of files and what else a message has beside its text.
    Without any match, as after an edit, this is the text, or what the message has instead.
    """
    text = " ".join(html.unescape(strip_tags(message.html)).split())
    readings = [text or " ".join(others[:1]), " ".join(message.body.split()), *others]
    for reading in readings:
        if found := character_ranges(reading, terms):
            return _parts(reading, found)
    return _parts(readings[0], [])


def character_ranges(reading: str, terms: Sequence[Term]) -> list[CharacterRange]:
    """Return the ranges of the matches, in order and without overlaps."""
    found = list(words(reading))
    texts = [word.text for word in found]
    ranges: list[CharacterRange] = []
    done = 0
    for at, word in enumerate(found):
        if word.start >= done:
            ends = [
                _end(found[at : at + len(it.words)], it) for it in terms if it.matches(texts[at : at + len(it.words)])
            ]
            if ends:
                done = max(ends)
                ranges.append((word.start, done))
    return ranges


def _end(matched: Sequence[Word], term: Term) -> int:
    """Return where a match ends. In a script without spaces, a word has a second character, which may be any."""
    last = matched[-1]
    return last.first_end if term.is_beginning and last.kind is WordKind.DENSE else last.end


def _parts(reading: str, found: list[CharacterRange]) -> list[Part]:
    start, end = _window(reading, found)
    parts = [Part("…")] if start else []
    at = start
    for first, last in found:
        if last <= end:
            parts += [Part(reading[at:first]), Part(reading[first:last], found=True)]
            at = last
    parts += [Part(reading[at:end]), Part("…" if end < len(reading) else "")]
    return [part for part in parts if part.text]


def _window(reading: str, found: list[CharacterRange]) -> CharacterRange:
    """Return the range of a long text that is shown. It starts a little before the first match, at a whole word."""
    if len(reading) <= EXCERPT_CHARACTERS:
        return 0, len(reading)
    first = found[0][0] if found else 0
    start = max(0, min(first - LEAD_CHARACTERS, len(reading) - EXCERPT_CHARACTERS))
    if start:
        start = reading.find(" ", start, first) + 1 or start
    end = min(start + EXCERPT_CHARACTERS, len(reading))
    if end < len(reading):
        end = max(reading.rfind(" ", start, end), found[0][1] if found else 0) if " " in reading[start:end] else end
    return start, end

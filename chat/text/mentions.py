"""Mentions in a text: an `@` and a name. Names may have spaces, so the longest existing name counts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chat.text.cleaning import NAME_MAX_LENGTH, fold
from chat.text.scripts import SPACELESS, WORD

# The limit on names that are looked up for one text. In scripts without spaces, each character may end a name.
MAX_NAMES = 400
# An at sign, also as keyboards for Chinese and Japanese write it.
SIGNS = "@＠"
# An `@` that is not within a word, an address or another name.
_AT = re.compile(rf"(?<!{WORD})(?<![{SIGNS}./])[{SIGNS}](?=\S)")
# The possible ends of a name. It cannot end inside a word, and `@ada-marie` and `@ada.example` do not mention ada. In
# scripts without spaces, the next word follows at once, as in `@Adaさん`.
_END = re.compile(
    rf"(?<=\S)(?!{WORD}|[{SIGNS}]|[.-]{WORD})|(?<=[^\w\s])(?!{WORD}|[{SIGNS}])|(?<=[{SPACELESS}])(?![{SIGNS}])"
)


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name with its `@` as it was written, and the id of the person."""

    text: str
    person_id: int


class Budget:
    """The number of names of one text that may still be tried. An `@` costs one for each possible end of the name."""

    def __init__(self, left: int = MAX_NAMES) -> None:
        self._left = left

    def names(self, line: str, start: int) -> list[tuple[str, int]]:
        """Return `_names`, or nothing if these or the ones before exceed the budget."""
        if self._left <= 0:
            return []
        found = _names(line, start)
        self._left -= len(found)
        return found if self._left >= 0 else []


def may_be_in(text: str) -> bool:
    """Return whether the text has an at sign."""
    return any(sign in text for sign in SIGNS)


def candidates(line: str, budget: Budget) -> list[tuple[str, ...]]:
    """Return the folded names that each `@` may mean, the longest first."""
    found = (tuple(name for name, _ in budget.names(line, at.end())) for at in _AT.finditer(line))
    return [names for names in found if names]


def split(line: str, named: Mapping[str, int], budget: Budget) -> Iterator[str | NameMention]:
    """Split `line` into mentions and other text. `named` maps folded names to ids."""
    done = 0
    for at in _AT.finditer(line):
        meant = next(((named[name], end) for name, end in budget.names(line, at.end()) if name in named), None)
        if meant and at.start() >= done:
            person_id, end = meant
            yield line[done : at.start()]
            yield NameMention(line[at.start() : end], person_id)
            done = end
    yield line[done:]


def _names(line: str, start: int) -> list[tuple[str, int]]:
    """Return the possible names at `start`, folded, with their ends. The longest first."""
    rest = line[start : start + NAME_MAX_LENGTH + 1]
    ends = [end.start() for end in _END.finditer(rest) if 0 < end.start() <= NAME_MAX_LENGTH]
    return [(fold(rest[:end]), start + end) for end in reversed(ends)]

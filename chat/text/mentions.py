"""Where a text speaks to people: an `@` and a name. Names may have spaces, so the longest that somebody has counts."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chat.text.cleaning import NAME_MAX_LENGTH, fold

# Names of one text that are looked up.
MAX_NAMES = 150
# Not within a word, an address or another name.
_AT = re.compile(r"(?<![\w@./])@(?=\S)")
# Where a name may end: not inside a word, and `@ada-marie` or `@ada.example` are not for ada.
_END = re.compile(r"(?<=\S)(?![\w@]|[.-]\w)|(?<=[^\w\s])(?![\w@])")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A name with its `@`, as it was written, and whose it is."""

    text: str
    person_id: int


class Budget:
    """How many names of one text are still looked at: an `@` costs one for each word after it that a name may have."""

    def __init__(self, left: int = MAX_NAMES) -> None:
        self._left = left

    def names(self, line: str, start: int) -> list[tuple[str, int]]:
        """Return `_names`; nothing where they, or those before them, are too many."""
        if self._left <= 0:
            return []
        found = _names(line, start)
        self._left -= len(found)
        return found if self._left >= 0 else []


def candidates(line: str, budget: Budget) -> list[tuple[str, ...]]:
    """For each `@` the folded names that may be meant, the longest first."""
    spoken = (tuple(name for name, _ in budget.names(line, at.end())) for at in _AT.finditer(line))
    return [names for names in spoken if names]


def split(line: str, named: Mapping[str, int], budget: Budget) -> Iterator[str | Spoken]:
    """`line` in pieces: what speaks to one of the people in `named`, by their folded names, and what does not."""
    done = 0
    for at in _AT.finditer(line):
        meant = next(((named[name], end) for name, end in budget.names(line, at.end()) if name in named), None)
        if meant and at.start() >= done:
            person_id, end = meant
            yield line[done : at.start()]
            yield Spoken(line[at.start() : end], person_id)
            done = end
    yield line[done:]


def _names(line: str, start: int) -> list[tuple[str, int]]:
    """What from `start` on may be a name, folded, and where it ends. The longest first."""
    rest = line[start : start + NAME_MAX_LENGTH + 1]
    ends = [end.start() for end in _END.finditer(rest) if 0 < end.start() <= NAME_MAX_LENGTH]
    return [(fold(rest[:end]), start + end) for end in reversed(ends)]

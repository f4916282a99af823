"""Mentions in a text: an `@` and a name, or a word for everyone. Names may have spaces, so the longest one counts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from chat.text.cleaning import NAME_MAX_LENGTH, fold
from chat.text.scripts import SPACELESS, WORD

# The limit on names that are looked up for one text. In scripts without spaces, each character may end a name.
MAX_NAMES = 400
# Words that mean all members of the room, and everyone who is there now. No person can take them as a name.
ROOM, HERE = "room", "here"
EVERYONE = frozenset((ROOM, HERE))
# An at sign, also as keyboards for Chinese and Japanese write it.
SIGNS = "@＠"
# An `@` that is not within a word, an address or another name.
_AT = re.compile(rf"(?<!{WORD})(?<![{SIGNS}./])[{SIGNS}](?=\S)")
# The possible ends of a name. It cannot end inside a word, and `@ada-marie` and `@ada.example` do not mention ada. In
# scripts without spaces, the next word follows at once, as in `@Adaさん`.
_END = re.compile(
    rf"(?<=\S)(?!{WORD}|[{SIGNS}]|[.-]{WORD})|(?<=[^\w\s])(?!{WORD}|[{SIGNS}])|(?<=[{SPACELESS}])(?![{SIGNS}])"
)


# A mention in the HTML of a message. The `<` of an imitation would be escaped.
_MARK = re.compile(r'<span [^>]*data-mention="(\w+)"')

# The id of a person, or a word of `EVERYONE`.
Target = int | str


@dataclass(frozen=True, slots=True)
class NameMention:
    """A name or word with its `@` as it was written, and whom it means."""

    text: str
    target: Target


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The people whom a text mentions, by their ids, and whether it mentions the room. `@here` is not stored."""

    people: frozenset[int] = frozenset()
    room: bool = False

    @classmethod
    def of(cls, targets: Iterable[Target]) -> "Mentioned":
        found = set(targets)
        return cls(frozenset(it for it in found if isinstance(it, int)), ROOM in found)

    @classmethod
    def in_html(cls, html: str) -> "Mentioned":
        """Return whom the HTML of a message marks as mentioned. It stays right when people are renamed."""
        return cls.of(int(it) if it.isdigit() else it for it in _MARK.findall(html))


NO_ONE = Mentioned()


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


def without_everyone(named: Mapping[str, Target]) -> dict[str, Target]:
    """Return what names mean in a quote. It mentions the people of the original again, but not everyone."""
    return {name: target for name, target in named.items() if name not in EVERYONE}


def candidates(line: str, budget: Budget) -> list[tuple[str, ...]]:
    """Return the folded names that each `@` may mean, the longest first."""
    found = (tuple(name for name, _ in budget.names(line, at.end())) for at in _AT.finditer(line))
    return [names for names in found if names]


def split(line: str, named: Mapping[str, Target], budget: Budget) -> Iterator[str | NameMention]:
    """Split `line` into mentions and other text. `named` maps folded names to whom they mean."""
    done = 0
    for at in _AT.finditer(line):
        meant = next(((named[name], end) for name, end in budget.names(line, at.end()) if name in named), None)
        if meant and at.start() >= done:
            target, end = meant
            yield line[done : at.start()]
            yield NameMention(line[at.start() : end], target)
            done = end
    yield line[done:]


def _names(line: str, start: int) -> list[tuple[str, int]]:
    """Return the possible names at `start`, folded, with their ends. The longest first."""
    rest = line[start : start + NAME_MAX_LENGTH + 1]
    ends = [end.start() for end in _END.finditer(rest) if 0 < end.start() <= NAME_MAX_LENGTH]
    return [(fold(rest[:end]), start + end) for end in reversed(ends)]

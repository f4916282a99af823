"""Unicode's normal forms, at a cost linear in the length of a text.

`unicodedata.normalize` sorts each run of combining characters by insertion. This is quadratic in the length of the run,
and it holds the interpreter's lock. Only this module calls it.
"""

import functools
import itertools
import re
import unicodedata
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

# The limit of the stream-safe text format (UAX #15). No language needs as many on one letter.
MAX_NON_STARTERS = 30
# A longer text is not a name. Names have at most 40 characters, and up to four times as many before normalising.
MAX_FOLDED_CHARACTERS = 160


def is_mark(character: str) -> bool:
    """Return whether `character` is a mark on the one before: Mn, Me, or another that canonical ordering moves."""
    return unicodedata.category(character) in ("Mn", "Me") or unicodedata.combining(character) != 0


# A character class for regular expressions with every mark. Beyond the basic plane it has whole ranges, which match
# faster, so it has letters too. Code that uses it must check each match. U+FF9E and U+FF9F, the halfwidth voiced sound
# marks, are letters that decompose to marks.
LIKELY_MARKS = (
    "["
    + "".join(filter(is_mark, map(chr, range(0x300, 0x10000))))
    + "\uff9e\uff9f\U000101fd-\U0001efff\U000e0100-\U000e01ef]"
)
# The shortest run that can exceed the limit: a character becomes at most two non-starters, a letter ends with three.
_SUSPECT = re.compile(LIKELY_MARKS + "{14,}")


def stream_safe(value: str) -> str:
    """Return `value` with at most `MAX_NON_STARTERS` marks in a row, counted after decomposition.

    A text without a longer run is returned as it is.
    """
    return value if value.isascii() else _SUSPECT.sub(_cut, value)


def normalized(form: Form, value: str) -> str:
    """Return `value`, made stream-safe, in one of Unicode's normal forms."""
    return unicodedata.normalize(form, stream_safe(value))


def fold(name: str) -> str:
    """Return a form that is equal for names that differ only in case.

    A text that is too long for a name is cut to one character more than any folded name has.
    """
    if len(name) > MAX_FOLDED_CHARACTERS:
        return name[: MAX_FOLDED_CHARACTERS + 1]
    return caseless(name)


def caseless(value: str) -> str:
    """Return a form that is equal for texts that differ only in case. The text may have any length."""
    return normalized("NFKC", normalized("NFKC", value).casefold())


def _cut(run: re.Match[str]) -> str:
    kept: list[str] = []
    letter = run.string[max(run.start() - 1, 0) : run.start()]
    in_a_row = _non_starters(letter)[0] if letter else 0
    for character in run[0]:
        count, follows_starter = _non_starters(character)
        if follows_starter:
            in_a_row = count
        elif in_a_row + count <= MAX_NON_STARTERS:
            in_a_row += count
        else:
            continue
        kept.append(character)
    return "".join(kept)


@functools.lru_cache(maxsize=2048)
def _non_starters(character: str) -> tuple[int, bool]:
    """Return how many non-starters the decomposition of `character` ends with, and whether a starter precedes them.

    No character of Unicode decomposes to non-starters followed by a starter.
    """
    classes = [unicodedata.combining(part) for part in unicodedata.normalize("NFKD", character)]
    count = len(list(itertools.takewhile(bool, reversed(classes))))
    return count, count < len(classes)

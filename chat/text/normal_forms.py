"""Unicode's normal forms, at a cost that is linear in the length of a text.

`unicodedata.normalize` sorts each run of combining characters by insertion, which is quadratic in the length of the
run, and holds the interpreter's lock meanwhile. Only this module calls it.
"""

import functools
import itertools
import re
import unicodedata
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

# The limit of the stream-safe text format (UAX #15). No language needs as many on one letter.
MAX_NON_STARTERS = 30
# A longer name is nobody's: names have at most 40 characters, and these are four times as many before normalising.
MAX_FOLDED_CHARACTERS = 160


def is_mark(character: str) -> bool:
    """Return whether `character` is drawn on the one before: Mn, Me, or another that canonical ordering moves."""
    return unicodedata.category(character) in ("Mn", "Me") or unicodedata.combining(character) != 0


# A class of regular expressions with every mark in it. Outside the basic plane it has letters, too: whole ranges are
# matched faster than single characters, so what it finds is looked at again. The last two are the halfwidth voiced
# sound marks, which are letters and decompose to marks.
LIKELY_MARKS = (
    "["
    + "".join(filter(is_mark, map(chr, range(0x300, 0x10000))))
    + "\uff9e\uff9f\U000101fd-\U0001efff\U000e0100-\U000e01ef]"
)
# The shortest run that may be over the limit: each character decomposes to at most two non-starters, and the letter
# before them ends with at most three.
_SUSPECT = re.compile(LIKELY_MARKS + "{14,}")


def stream_safe(value: str) -> str:
    """Return `value` without the marks that follow `MAX_NON_STARTERS` others in a row, counted as they decompose.

    A text that has no such run is returned as it is.
    """
    return value if value.isascii() else _SUSPECT.sub(_cut, value)


def normalized(form: Form, value: str) -> str:
    """Return `value`, made stream-safe, in one of Unicode's normal forms."""
    return unicodedata.normalize(form, stream_safe(value))


def fold(name: str) -> str:
    """Return the form by which names are equal whatever their case.

    Of a text that is too long for a name, the beginning is returned, one character longer than any folded name.
    """
    if len(name) > MAX_FOLDED_CHARACTERS:
        return name[: MAX_FOLDED_CHARACTERS + 1]
    return caseless(name)


def caseless(value: str) -> str:
    """Return the form by which texts of any length are equal whatever their case."""
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
    """Return with how many non-starters the decomposition of `character` ends, and whether a starter is before them.

    No character of Unicode decomposes to non-starters with a starter after them.
    """
    classes = [unicodedata.combining(part) for part in unicodedata.normalize("NFKD", character)]
    count = len(list(itertools.takewhile(bool, reversed(classes))))
    return count, count < len(classes)

"""What people type: cleaned once, and compared safely."""

import functools
import re
import unicodedata

import emoji
from confusable_homoglyphs.confusables import confusables_data

from chat.normal_forms import LIKELY_MARKS, MAX_FOLDED_CHARACTERS, fold, is_mark, normalized

NAME_MAX_LENGTH = 40
# Before normalising: letters and their marks may be typed one by one.
TYPED_NAME_MAX_LENGTH = MAX_FOLDED_CHARACTERS
EMOJI_MAX_LENGTH = 32

# Controls but tab and line feed, bidirectional embeddings, overrides and isolates, the byte order mark,
# noncharacters, and lone surrogates, which no encoder would take.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
# Hangul fillers and the blank Braille pattern: letters and symbols by category, nothing by look.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# So many marks in a row no language needs on one letter, and more grow over the lines around.
MARKS_IN_A_ROW = 8
_HEAPED = re.compile(f"{LIKELY_MARKS}{{{MARKS_IN_A_ROW + 1},}}")
_LINE_BREAKS = re.compile("\r\n|\r|\x85|\u2028|\u2029")


def clean_text(value: str) -> str:
    """`value` in NFC without control, bidi-override and unencodable characters and without heaps of marks, line ends
    as LF, ends trimmed."""
    value = _UNWANTED.sub("", _LINE_BREAKS.sub("\n", value))
    if not value.isascii():
        value = _HEAPED.sub(_thinned, normalized("NFC", value))
    return value.rstrip().lstrip("\n")


def clean_line(value: str, limit: int) -> str:
    """Return `clean_text` of `value` on one line of at most `limit` characters: runs of white space become one space.

    Of a value that is more than four times as long, the rest is not looked at.
    """
    return " ".join(clean_text(value[: 4 * limit]).split())[:limit].rstrip()


def is_blank(value: str) -> bool:
    """Whether there is nothing to see: only white space, format characters and the fillers that show nothing."""
    return all(
        character.isspace() or character in _FILLERS or unicodedata.category(character) in ("Cf", "Cc", "Mn")
        for character in value
    )


def clean_name(value: str) -> str:
    """A person's or room's name in NFKC, one line. ValueError, with a sentence, for what nobody could read or type.

    Format characters (category Cf: zero-width, bidi) are refused rather than dropped: a name that needs them
    is an attempt to look like another.
    """
    too_long = f"A name has at most {NAME_MAX_LENGTH} characters."
    if len(value) > TYPED_NAME_MAX_LENGTH:
        raise ValueError(too_long)
    name = " ".join(normalized("NFKC", value).split())
    if not name:
        raise ValueError("Give a name.")
    if len(name) > NAME_MAX_LENGTH:
        raise ValueError(too_long)
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") for character in name):
        raise ValueError("A name cannot have invisible or control characters.")
    if _HEAPED.sub(_thinned, name) != name:
        raise ValueError("A name cannot have so many marks on one letter.")
    if not any(unicodedata.category(character)[0] in "LN" for character in name):
        raise ValueError("A name needs a letter or a digit.")
    return name


def skeletons(name: str) -> tuple[str, str, str]:
    """The forms by one of which names are equal that look the same: as they are written, in small letters, and in
    capitals. `bоb` with a Cyrillic о is like `bob`, and so is `BОB`; `ВОВ`, all Cyrillic, is so only in capitals."""
    return skeleton(name), skeleton(fold(name)), skeleton(name.upper())


def skeleton(name: str) -> str:
    """The form by which names are equal when they look the same (after Unicode UTS #39, single characters)."""
    prototypes = _prototypes()
    decomposed = normalized("NFD", normalized("NFKC", name))
    return fold("".join(prototypes.get(character, character) for character in decomposed))


@functools.cache
def _prototypes() -> dict[str, str]:
    """Each confusable character to one representative of all that look like it, ASCII where there is one."""
    parent: dict[str, str] = {}

    def find(character: str) -> str:
        while (above := parent.get(character, character)) != character:
            character = above
        return character

    for character, alikes in confusables_data.items():
        for alike in alikes:
            if len(character) == len(alike["c"]) == 1:
                first, second = sorted((find(character), find(alike["c"])))
                parent[second] = first
    return {character: find(character) for character in parent}


def is_emoji(value: str) -> bool:
    """Whether `value` is exactly one emoji."""
    return len(value) <= EMOJI_MAX_LENGTH and emoji.is_emoji(value)


def _thinned(run: re.Match[str]) -> str:
    """A run of marks without those after the first `MARKS_IN_A_ROW` in a row."""
    kept: list[str] = []
    in_a_row = 0
    for character in run[0]:
        in_a_row = in_a_row + 1 if is_mark(character) else 0
        if in_a_row <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)

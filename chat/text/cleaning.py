"""Cleaning of texts and names that people type."""

import re
import unicodedata
from functools import lru_cache

import emoji

from chat.text.lookalikes import INVISIBLE
from chat.text.lookalikes import skeleton as skeleton
from chat.text.lookalikes import skeletons as skeletons
from chat.text.normal_forms import LIKELY_MARKS, MAX_FOLDED_CHARACTERS, is_mark, normalized
from chat.text.normal_forms import fold as fold

NAME_MAX_LENGTH = 40
# The limit before normalising, because letters and their marks may be typed as separate characters.
TYPED_NAME_MAX_LENGTH = MAX_FOLDED_CHARACTERS
EMOJI_MAX_LENGTH = 32

# Control characters except tab and line feed, bidirectional embeddings, overrides and isolates, the byte order mark,
# noncharacters, and lone surrogates, which cannot be encoded.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
# No language needs more marks on one letter. More would be drawn over the lines above and below.
MARKS_IN_A_ROW = 8
_TOO_MANY_MARKS = re.compile(f"{LIKELY_MARKS}{{{MARKS_IN_A_ROW + 1},}}")
# Characters that choose between the text and the emoji style of the character before them.
_STYLES = str.maketrans("", "", "\ufe0e\ufe0f")
# A variation selector that may belong to an emoji, with the character before it. In a keycap it is in the middle.
_EMOJI_STYLE = re.compile("(.)\ufe0f(\u20e3?)", re.DOTALL)
# Diacritics for letters of these scripts. Other marks are drawn beside such a letter, or not at all.
_EUROPEAN = ("LATIN", "GREEK", "CYRILLIC", "DIGIT")
_EUROPEAN_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\u2de0-\u2dff\ua66f-\ua67d\ufe0f\ufe20-\ufe2f]"
)
_LINE_BREAKS = re.compile("\r\n|\r|\x85|\u2028|\u2029")


def clean_text(value: str) -> str:
    """Return `value` in NFC with LF line ends and trimmed ends.

    Control, bidi-override and unencodable characters are removed, and marks beyond `MARKS_IN_A_ROW`.
    """
    value = _FORBIDDEN.sub("", _LINE_BREAKS.sub("\n", value))
    if not value.isascii():
        value = _TOO_MANY_MARKS.sub(_thinned, normalized("NFC", value))
    return value.rstrip().lstrip("\n")


def clean_line(value: str, limit: int) -> str:
    """Return `clean_text` of `value` on one line of at most `limit` characters. Runs of white space become one space.

    Only the first `4 * limit` characters are read.
    """
    return " ".join(clean_text(value[: 4 * limit]).split())[:limit].rstrip()


def shortened(text: str, limit: int) -> str:
    """Return the text with at most `limit` characters. One that was cut ends in an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def is_blank(value: str) -> bool:
    """Return whether the value has only white space, marks and invisible characters."""
    return all(
        character.isspace() or unicodedata.category(character) in ("Cf", "Cc", "Mn")
        for character in INVISIBLE.sub("", value)
    )


def clean_name(value: str) -> str:
    """Return a person's or room's name in NFKC on one line. Raise ValueError, with a sentence, for an unreadable name.

    Invisible characters are refused and not dropped, since a name with them is an attempt to look like another. The
    variation selector of an emoji is allowed, because keyboards write it.
    """
    too_long = f"A name can have at most {NAME_MAX_LENGTH} characters."
    if len(value) > TYPED_NAME_MAX_LENGTH:
        raise ValueError(too_long)
    name = " ".join(normalized("NFKC", value).split())
    if not name:
        raise ValueError("Enter a name.")
    if len(name) > NAME_MAX_LENGTH:
        raise ValueError(too_long)
    seen = _EMOJI_STYLE.sub(_without_style, name)
    if INVISIBLE.search(seen) or any(unicodedata.category(it) in ("Cc", "Cf", "Cs", "Co", "Cn") for it in seen):
        raise ValueError("A name can’t contain invisible or control characters.")
    if _TOO_MANY_MARKS.sub(_thinned, name) != name:
        raise ValueError("A name can’t have so many accent marks on one letter.")
    if _has_foreign_mark(name):
        raise ValueError("A name can’t combine a letter of one script with an accent mark of another.")
    if not any(unicodedata.category(character)[0] in "LN" for character in name):
        raise ValueError("A name needs at least one letter or digit.")
    return name


def is_emoji(value: str) -> bool:
    """Return whether `value` is exactly one emoji. Variation selectors may be missing or superfluous."""
    return len(value) <= EMOJI_MAX_LENGTH and emoji.is_emoji(value.translate(_STYLES))


@lru_cache(4096)
def canonical_emoji(value: str) -> str:
    """Return an emoji with the variation selectors that Unicode recommends. Other text is returned unchanged.

    Keyboards write the same emoji with and without them, and people see no difference.
    """
    known = emoji.EMOJI_DATA.get(value.translate(_STYLES)) if is_emoji(value) else None
    return emoji.emojize(known["en"]) if known else value


def _has_foreign_mark(name: str) -> bool:
    """Return whether a Latin, Greek or Cyrillic letter, or a digit, has a mark of another script."""
    letter = ""
    for character in normalized("NFD", name):
        if not unicodedata.category(character).startswith("M"):
            letter = character
        elif _EUROPEAN_MARKS.match(character) is None and unicodedata.name(letter or " ", "").startswith(_EUROPEAN):
            return True
    return False


def _without_style(match: re.Match[str]) -> str:
    return match[0].replace("\ufe0f", "") if emoji.is_emoji(match[0]) else match[0]


def _thinned(run: re.Match[str]) -> str:
    """Return the text with at most `MARKS_IN_A_ROW` marks in a row."""
    kept: list[str] = []
    in_a_row = 0
    for character in run[0]:
        in_a_row = in_a_row + 1 if is_mark(character) else 0
        if in_a_row <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)

"""Comparison of words and names without regard to case, accents, width and compatibility forms."""

import re

from chat.text.lookalikes import INVISIBLE
from chat.text.normal_forms import normalized

# Marks that are accents, or that are often left out: diacritics of Latin, Greek and Cyrillic letters, Hebrew points,
# Arabic and Syriac vowels. Vowel signs and tones of other scripts make another word, so they stay.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u08d3-\u08e1\u08e3-\u08ff\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufb1e\ufe20-\ufe2f]"
)
# Letters that Unicode does not decompose: Latin ones with strokes and ligatures, the letters that differ between Arabic
# and Persian keyboards, and the Arabic character that only stretches a word.
_SAME = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
    | {"\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0640": None}
)


def unaccented(value: str) -> str:
    """Return a form that is equal for texts that differ only in case, accents, width or compatibility forms."""
    if value.isascii():
        return value.lower()
    small = _without_marks(_without_marks(value).casefold()).translate(_SAME)
    return normalized("NFC", small)


def _without_marks(value: str) -> str:
    return _ACCENTS.sub("", INVISIBLE.sub("", normalized("NFKD", value)))

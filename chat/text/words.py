"""The words of a text, in the form that the search index has.

This is the only rule for what a word is: both databases, stored messages, typed queries and excerpts use it. The form
has only characters that SQLite and PostgreSQL take for letters or digits in every version and locale, so neither of
them splits or changes a word differently.

- Words with spaces between them are folded by `unaccented`.
- A script without spaces has a word for each character: the character and the one after it. So any part of a text is
  a phrase of such pairs.
- An emoji or another sign is a word. `+` and `#` after a word are a word, too. After one or two characters they belong
  to it, because C, C++ and C# are different words.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import emoji

from chat.text.folding import unaccented
from chat.text.lookalikes import INVISIBLE

# A longer word is cut, because PostgreSQL ignores words of more than 2,046 bytes.
MAX_WORD_CHARACTERS = 256
# Signs belong to words up to this length.
MAX_SIGNED_CHARACTERS = 2

# A letter that is the beginning of an encoded character. Unicode has had it since 3.0, and hardly anyone writes it. If
# someone does, it is encoded as well.
_ENCODED = "\u16ea"
_HEX_AS_LETTERS = str.maketrans("0123456789", "ghijklmnop")
# The letters of Unicode 3.2 are letters for every version of the databases and their libraries.
_unicode_3_2 = unicodedata.ucd_3_2_0

# Thai, Lao, Burmese, Khmer, Tai scripts, Hangul, kana and Han. Korean has spaces, but not within compounds.
_DENSE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u302f\u3031-\u3035\u3038-\u30fa\u30fc-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\ua9e0-\ua9ff\uaa60-\uaadf\uac00-\ud7ff\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)
# A skin tone makes no other emoji.
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
# As long as the text, so that positions stay.
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
# ASCII words, ASCII signs that may be words, other ASCII, and other characters. Kana and their halfwidth marks are one.
_PIECE = re.compile("([0-9A-Za-z]+)|([+#]+)|[\0-\x7f]|(.[\u3099\u309a\uff9e\uff9f]?)", re.DOTALL)
# Where signs follow a word: not in `a+b` or `room#5`, but in `C++17`.
_SIGNED = re.compile(r"(?<=[0-9A-Za-z])(?:[+#]+(?![0-9A-Za-z+#])|\+\+)")
_LONG = re.compile(f"[0-9A-Za-z]{{{MAX_WORD_CHARACTERS + 1}}}")


class Kind(Enum):
    SPACED = 1
    DENSE = 2
    SIGN = 3


@dataclass(frozen=True, slots=True)
class Word:
    """A word in the form of the index, and its range in the text.

    A word of a script without spaces is a character and the next one, and `first_end` is the end of the first.
    """

    text: str
    kind: Kind
    start: int
    end: int
    first_end: int


@dataclass(slots=True)
class _Unit:
    """A folded character, or several, and their range in the text."""

    text: str
    start: int
    end: int


def index_text(text: str) -> str | None:
    """Return the words of a text for the index, or None if the databases find the same ones in the text itself.

    They do in ASCII, except for signs that are words, and very long words.
    """
    if text.isascii() and not _SIGNED.search(text) and not _LONG.search(text):
        return None
    return " ".join(word.text for word in words(text))


def words(text: str) -> Iterator[Word]:
    """Yield the words in their order."""
    run: list[_Unit] = []
    kind = Kind.SPACED
    text = text.translate(_FULL_WIDTH) if not text.isascii() else text
    for piece in _PIECE.finditer(text):
        found, (start, end) = piece[0], piece.span()
        if piece[1]:
            parts: tuple[tuple[Kind | None, str], ...] = ((Kind.SPACED, found.lower()),)
        elif piece[2]:
            yield from _signed(text, run, kind, piece)
            run = []
            continue
        elif piece[3]:
            parts = _parts(found)
        else:
            parts = _BREAK
        if not parts and run:  # an accent
            run[-1].end = end
        for its_kind, folded in parts:
            if its_kind is not kind or its_kind is Kind.SIGN:
                yield from _run(run, kind)
                run = []
            if its_kind is not None:
                kind = its_kind
                run.append(_Unit(folded, start, end))
    yield from _run(run, kind)


def _signed(text: str, run: list[_Unit], kind: Kind, signs: re.Match[str]) -> Iterator[Word]:
    """Yield the words of a run that ends before `signs`, and the signs if they are words."""
    is_after_a_word = bool(run) and kind is Kind.SPACED and run[-1].end == signs.start()
    follows = text[signs.end() : signs.end() + 1]
    is_within = follows.isalnum() and not _DENSE.match(follows) and not signs[0].startswith("++")
    if not is_after_a_word or is_within:
        yield from _run(run, kind)
        return
    unit = _Unit(_encoded(signs[0]), signs.start(), signs.end())
    if sum(len(it.text) for it in run) <= MAX_SIGNED_CHARACTERS:
        [word] = _run([*run, unit], kind)
        yield Word(word.text, Kind.SIGN, word.start, word.end, word.end)
    else:
        yield from _run(run, kind)
        yield from _run([unit], Kind.SIGN)


def _run(run: list[_Unit], kind: Kind) -> Iterator[Word]:
    """Yield the words of consecutive characters of one kind."""
    if kind is Kind.DENSE:
        for at, unit in enumerate(run):
            pair = run[at : at + 2]
            yield Word("".join(it.text for it in pair), kind, unit.start, pair[-1].end, unit.end)
    elif run:
        text = "".join(it.text for it in run)[:MAX_WORD_CHARACTERS]
        yield Word(text, kind, run[0].start, run[-1].end, run[-1].end)


_BREAK: tuple[tuple[Kind | None, str], ...] = ((None, ""),)


@functools.lru_cache(maxsize=8192)
def _parts(character: str) -> tuple[tuple[Kind | None, str], ...]:
    """Return the folded characters of one that is not ASCII, encoded, with their kinds. None separates words.

    An accent or an invisible character is nothing: it neither adds to a word nor separates two.
    """
    category = unicodedata.category(character[0])
    folded = unaccented(character)
    if not folded or category == "Cf" or character in _SKIN_TONES or INVISIBLE.match(character):
        return ()
    if category in ("So", "Sm", "Sc") or emoji.is_emoji(character):
        if folded.isalnum():  # such as ™ or ㎏
            return (*_BREAK, *_letters(folded), *_BREAK)
        return ((Kind.SIGN, _encoded(folded if len(folded) == 1 else character)),)
    if category[0] in "LNM":
        return _letters(folded)
    return _BREAK


def _letters(folded: str) -> tuple[tuple[Kind | None, str], ...]:
    return tuple(part for character in folded for part in _letter(character))


def _letter(character: str) -> tuple[tuple[Kind | None, str], ...]:
    if _DENSE.match(character) and unicodedata.category(character) != "Nd":
        return ((Kind.DENSE, _encoded(character)),)
    if unicodedata.category(character)[0] in "LNM":
        return ((Kind.SPACED, _encoded(str(unicodedata.decimal(character, character)))),)
    return _BREAK


def _encoded(value: str) -> str:
    """Return the characters, with those encoded that a database may not take for letters. No code begins another."""
    return "".join(map(_code, value))


def _code(character: str) -> str:
    is_letter = _unicode_3_2.category(character)[0] == "L" and character != _ENCODED
    if (character.isascii() and character.isalnum()) or is_letter:
        return character
    number = ord(character)
    code = f"{number:04x}" if number <= 0xFFFF else f"{_ENCODED}{number:06x}"
    return _ENCODED + code.translate(_HEX_AS_LETTERS)

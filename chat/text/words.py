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
import operator
import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from itertools import chain, repeat
from typing import NamedTuple

import emoji

from chat.text.folding import unaccented
from chat.text.lookalikes import INVISIBLE
from chat.text.scripts import SPACELESS

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

_DENSE = re.compile(f"[{SPACELESS}]")
# A skin tone makes no other emoji.
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
# As long as the text, so that positions stay.
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
# Most letters, which are taken a run at a time, because a text may have thousands. `tests/test_words.py` checks that
# they need no encoding. Those of scripts without spaces also stay as they are.
_SPACED_LETTERS = (
    "0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u013e\u0141-\u0220\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u0481"
    "\u048a-\u04bf\u04c1-\u04ce\u05d0-\u05ea\u0621-\u063a\u0641-\u064a"
)
_DENSE_LETTERS = "\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4db5\u4e00-\u9fa5\uac00-\ud7a3"
# Runs of these letters, ASCII signs that may be words, other ASCII, and other characters. Kana and halfwidth marks are
# one character.
_PIECE = re.compile(
    f"([{_SPACED_LETTERS}]+)|([{_DENSE_LETTERS}]+(?![\u3099\u309a]))|([+#]+)|[\0-\x7f]|(.[\u3099\u309a\uff9e\uff9f]?)",
    re.DOTALL,
)
# Where signs follow a word: not in `a+b` or `room#5`, but in `C++17`.
_SIGNED = re.compile(r"(?<=[0-9A-Za-z])(?:[+#]+(?![0-9A-Za-z+#])|\+\+)")
_ASCII_WORD = re.compile("[0-9A-Za-z]+")
_LONG = re.compile(f"[0-9A-Za-z]{{{MAX_WORD_CHARACTERS + 1}}}")


class WordKind(Enum):
    SPACED = 1
    DENSE = 2
    SIGN = 3


class Word(NamedTuple):
    """A word in the form of the index, and its range in the text.

    A word of a script without spaces is a character and the next one, and `first_end` is the end of the first.
    """

    text: str
    kind: WordKind
    start: int
    end: int
    first_end: int


class _Run:
    """Consecutive folded pieces of one kind, with their ranges in the text."""

    __slots__ = ("ends", "kind", "starts", "texts")

    def __init__(self, kind: WordKind = WordKind.SPACED) -> None:
        self.kind = kind
        self.texts: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, text: str, start: int, end: int) -> None:
        self.texts.append(text)
        self.starts.append(start)
        self.ends.append(end)

    def add_each(self, text: str, start: int, end: int) -> None:
        """Add each character of `text` by itself."""
        self.texts += text
        self.starts += range(start, end)
        self.ends += range(start + 1, end + 1)

    def words(self) -> list[str]:
        """Return the words in the form of the index."""
        if self.kind is WordKind.DENSE:
            return [*map(operator.add, self.texts, self.texts[1:]), self.texts[-1]]
        return ["".join(self.texts)[:MAX_WORD_CHARACTERS]]

    def ranged_words(self) -> Iterator[Word]:
        """Yield the words with their ranges."""
        if self.kind is WordKind.DENSE:
            ends = [*self.ends[1:], self.ends[-1]]
            yield from map(Word, self.words(), repeat(self.kind), self.starts, ends, self.ends)
        else:
            yield Word(self.words()[0], self.kind, self.starts[0], self.ends[-1], self.ends[-1])


def index_text(text: str, *others: str) -> str | None:
    """Return the words of a message for the index, or None if the databases find the same ones in the text itself.

    They do in ASCII, except for signs that are words, and very long words. `others` are what a message has beside its
    text: names of files, their descriptions and titles of previews. Each is a text of its own.
    """
    if not any(others) and text.isascii() and not _SIGNED.search(text) and not _LONG.search(text):
        return None
    return " ".join(chain.from_iterable(run.words() for each in (text, *others) for run in _runs(each)))


def words(text: str) -> Iterator[Word]:
    """Yield the words in their order."""
    if text.isascii() and not _SIGNED.search(text):
        found = ((word[0].lower()[:MAX_WORD_CHARACTERS], *word.span()) for word in _ASCII_WORD.finditer(text))
        return (Word(folded, WordKind.SPACED, start, end, end) for folded, start, end in found)
    return chain.from_iterable(run.ranged_words() for run in _runs(text))


def _runs(text: str) -> Iterator[_Run]:
    run = _Run()
    text = text if text.isascii() else text.translate(_FULL_WIDTH)
    for piece in _PIECE.finditer(text):
        found, (start, end) = piece[0], piece.span()
        group = piece.lastindex or 0
        kind = _KINDS.get(group)
        if kind is not None:
            if kind is not run.kind:
                if run.texts:
                    yield run
                run = _Run(kind)
            if kind is WordKind.DENSE:
                run.add_each(found, start, end)
            else:
                run.add(unaccented(found), start, end)
        elif group == _OTHER:
            parts = _parts(found)
            if not parts and run.texts:  # an accent
                run.ends[-1] = end
            for its_kind, folded in parts:
                if its_kind is not run.kind or its_kind is WordKind.SIGN:
                    if run.texts:
                        yield run
                    run = _Run(its_kind or WordKind.SPACED)
                if its_kind:
                    run.add(folded, start, end)
        elif run.texts:
            yield from _with_signs(text, run, piece) if group == _SIGNS else (run,)
            run = _Run()
    if run.texts:
        yield run


def _with_signs(text: str, run: _Run, signs: re.Match[str]) -> Iterator[_Run]:
    """Yield a run that ends before `signs`, and the signs if they are a word or belong to one."""
    start, end = signs.span()
    follows = text[end : end + 1]
    is_within = follows.isalnum() and not _DENSE.match(follows) and not signs[0].startswith("++")
    if run.kind is not WordKind.SPACED or run.ends[-1] != start or is_within:
        yield run
        return
    last = _Run(WordKind.SIGN)
    if sum(map(len, run.texts)) <= MAX_SIGNED_CHARACTERS:
        last.texts, last.starts, last.ends = run.texts, run.starts, run.ends
    else:
        yield run
    last.add(_encoded(signs[0]), start, end)
    yield last


# What the groups of `_PIECE` are.
_KINDS = {1: WordKind.SPACED, 2: WordKind.DENSE}
_SIGNS, _OTHER = 3, 4
_BREAK: tuple[tuple[WordKind | None, str], ...] = ((None, ""),)


@functools.lru_cache(maxsize=8192)
def _parts(character: str) -> tuple[tuple[WordKind | None, str], ...]:
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
        return ((WordKind.SIGN, _encoded(folded if len(folded) == 1 else character)),)
    if category[0] in "LNM":
        return _letters(folded)
    return _BREAK


def _letters(folded: str) -> tuple[tuple[WordKind | None, str], ...]:
    return tuple(part for character in folded for part in _letter(character))


def _letter(character: str) -> tuple[tuple[WordKind | None, str], ...]:
    if _DENSE.match(character) and unicodedata.category(character) != "Nd":
        return ((WordKind.DENSE, _encoded(character)),)
    if unicodedata.category(character)[0] in "LNM":
        return ((WordKind.SPACED, _encoded(str(unicodedata.decimal(character, character)))),)
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

"""Parser of search queries. Any text is a valid query, though it may have no words."""

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from chat.text import cleaning
from chat.text.normal_forms import normalized

MAX_QUERY_CHARACTERS = 200
# A shorter last word matches only itself, because as a beginning it would match half of all words. This does not apply
# to scripts without capitals, since some of them put no spaces between words.
SHORTEST_BEGINNING = 3

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_PIECE = re.compile(r'(?:(from|in):(?=\S))?(?:"([^"]*)"?|([^\s"]+))', re.IGNORECASE)
_ACCENT = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Term:
    """Consecutive words. With `is_beginning`, the last one may be the beginning of a word."""

    words: tuple[str, ...]
    is_beginning: bool = False

    def matches(self, words: list[str]) -> bool:
        """Return whether folded `words`, of the same number as the term's, match the term."""
        wanted = _folded(self.words)
        if self.is_beginning and words[:-1] == wanted[:-1]:
            return words[-1].startswith(wanted[-1])
        return words == wanted


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. All terms must match. `author` and `room` were typed after `from:` and `in:`."""

    terms: tuple[Term, ...] = ()
    author: str = ""
    room: str = ""

    @classmethod
    def parse(cls, typed: str) -> "Query":
        terms: list[Term] = []
        named = {"from": "", "in": ""}
        open_ended = False
        for field, quoted, bare in _PIECE.findall(cleaning.clean_line(typed, MAX_QUERY_CHARACTERS).translate(_QUOTES)):
            if field:
                named[field.lower()] = quoted or bare.lstrip("@#")
            elif words := words_of(quoted or bare):
                terms.append(Term(words))
                open_ended = bool(bare)
        if terms and open_ended:
            terms[-1] = _as_beginning(terms[-1])
        return cls(tuple(dict.fromkeys(terms)), named["from"], named["in"])


def words_of(value: str) -> tuple[str, ...]:
    """Return the words of a text in their order, as they are written."""
    return tuple(value[start:end] for start, end in word_ranges(value))


def word_ranges(value: str) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each word: letters, digits and their marks, as the databases' indexes split a text."""
    start = None
    for index, character in enumerate(value):
        is_inside = unicodedata.category(character)[0] in ("LNM" if start is not None else "LN")
        if is_inside and start is None:
            start = index
        elif start is not None and not is_inside:
            yield start, index
            start = None
    if start is not None:
        yield start, len(value)


def fold(word: str) -> str:
    """Return a form that is equal for words that differ only in case and accents."""
    return without_accents(word).casefold()


@functools.lru_cache(maxsize=256)
def _folded(words: tuple[str, ...]) -> list[str]:
    """Return the folded words of a term. Cached, because a term is compared at every word of a text."""
    return [fold(word) for word in words]


def without_accents(word: str) -> str:
    return _ACCENT.sub("", normalized("NFD", word))


def _as_beginning(term: Term) -> Term:
    last = term.words[-1]
    is_long = len(last) >= SHORTEST_BEGINNING or unicodedata.category(last[0]) == "Lo"
    return Term(term.words, is_beginning=is_long)

"""What somebody types to search, taken apart: any text is a query, if perhaps one without a word in it."""

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from chat.text import cleaning
from chat.text.normal_forms import normalized

MAX_QUERY_CHARACTERS = 200
# A shorter word is meant as it stands: as a beginning it would be that of half of all words. Not so in scripts without
# capitals, among them those that put no spaces between words.
SHORTEST_BEGINNING = 3

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_PIECE = re.compile(r'(?:(from|in):(?=\S))?(?:"([^"]*)"?|([^\s"]+))', re.IGNORECASE)
_ACCENT = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one after another. The last may be the beginning of one."""

    words: tuple[str, ...]
    is_beginning: bool = False

    def matches(self, words: list[str]) -> bool:
        """Whether folded `words`, as many as the term has, are the term's."""
        wanted = _folded(self.words)
        if self.is_beginning and words[:-1] == wanted[:-1]:
            return words[-1].startswith(wanted[-1])
        return words == wanted


@dataclass(frozen=True, slots=True)
class Query:
    """All terms must be there; `author` and `room` are what was typed after `from:` and `in:`."""

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
    """The words of a text in their order, as they are written."""
    return tuple(value[start:end] for start, end in places_of_words(value))


def places_of_words(value: str) -> Iterator[tuple[int, int]]:
    """Where each word begins and ends: letters, digits and the marks on them, as the indexes cut them."""
    start = None
    for place, character in enumerate(value):
        is_inside = unicodedata.category(character)[0] in ("LNM" if start is not None else "LN")
        if is_inside and start is None:
            start = place
        elif start is not None and not is_inside:
            yield start, place
            start = None
    if start is not None:
        yield start, len(value)


def fold(word: str) -> str:
    """The form in which words are equal whatever their case and accents."""
    return without_accents(word).casefold()


@functools.lru_cache(maxsize=256)
def _folded(words: tuple[str, ...]) -> list[str]:
    """Return the folded words of a term, which is compared with every place of a text."""
    return [fold(word) for word in words]


def without_accents(word: str) -> str:
    return _ACCENT.sub("", normalized("NFD", word))


def _as_beginning(term: Term) -> Term:
    last = term.words[-1]
    is_long = len(last) >= SHORTEST_BEGINNING or unicodedata.category(last[0]) == "Lo"
    return Term(term.words, is_beginning=is_long)

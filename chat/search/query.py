"""Parser of search queries. Any text is a valid query, though it may have no words."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from chat.text import cleaning, shortcodes
from chat.text.words import Word, WordKind, words

MAX_QUERY_CHARACTERS = 200
# A shorter last word matches only itself, because as a beginning it would match half of all words. This does not apply
# to scripts without capitals, whose words are shorter.
SHORTEST_BEGINNING = 3

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_MINUS = r"(?:(?<!\S)(-)(?=[^\s-]))?"
_FIELD = r"(?:(from|in|has|before|after|on|during):(?=\S))?"
_PIECE = re.compile(_MINUS + _FIELD + r'(?:"([^"]*)"?|([^\s"]+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Term:
    """Consecutive words in the form of the index. With `is_beginning`, the last may be the beginning of a word."""

    words: tuple[str, ...]
    is_beginning: bool = False

    def matches(self, found: Sequence[str]) -> bool:
        """Return whether words, of the same number as the term's, match the term."""
        *firsts, last = self.words
        if list(found[:-1]) != firsts:
            return False
        return found[-1].startswith(last) if self.is_beginning else found[-1] == last


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. All of `terms` must match, and none of `excluded`.

    `author` and `room` were typed after `from:` and `in:`, and the other two after `-from:` and `-in:`. `has` are words
    after `has:`. `dates` are the operators, such as `before` and `-on`, with what was typed after them.
    """

    terms: tuple[Term, ...] = ()
    author: str = ""
    room: str = ""
    excluded: tuple[Term, ...] = ()
    excluded_author: str = ""
    excluded_room: str = ""
    has: tuple[str, ...] = ()
    excluded_has: tuple[str, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, typed: str) -> "Query":
        terms: list[Term] = []
        excluded: list[Term] = []
        named = dict.fromkeys(("from", "in", "-from", "-in"), "")
        has: dict[str, list[str]] = {"has": [], "-has": []}
        dates: list[tuple[str, str]] = []
        last: list[Word] = []
        line = shortcodes.with_emoji(cleaning.clean_line(typed, MAX_QUERY_CHARACTERS)).translate(_QUOTES)
        for minus, field, quoted, bare in _PIECE.findall(line):
            operator = minus + field.lower().replace("during", "on")
            if operator in named:
                named[operator] = quoted or bare.lstrip("@#")
            elif operator in has:
                has[operator].append((quoted or bare).lower())
            elif field:
                dates.append((operator, quoted or bare))
            elif found := list(words(quoted or bare)):
                (excluded if minus else terms).append(_term(found))
                last = found if bare and not minus else []
        if terms and last:
            terms[-1] = _open_ended(terms[-1], last[-1])
        wanted, unwanted = tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(excluded))
        names = (named["from"], named["in"], unwanted, named["-from"], named["-in"])
        return cls(wanted, *names, tuple(has["has"]), tuple(has["-has"]), tuple(dates))


def _term(found: list[Word]) -> Term:
    """Return the term for these words.

    At the end of a script without spaces, the index has the last character with any one after it. After a pair that
    contains it, nothing needs to be searched.
    """
    texts = tuple(word.text for word in found)
    if found[-1].kind is not WordKind.DENSE:
        return Term(texts)
    if len(found) > 1 and found[-2].kind is WordKind.DENSE and found[-2].end == found[-1].end:
        return Term(texts[:-1])
    return Term(texts, is_beginning=True)


def _open_ended(term: Term, last: Word) -> Term:
    """Return the term as a beginning, if its last word is long enough."""
    if last.kind is not WordKind.SPACED:
        return term
    is_long = len(last.text) >= SHORTEST_BEGINNING or unicodedata.category(last.text[0]) == "Lo"
    return Term(term.words, is_beginning=is_long)

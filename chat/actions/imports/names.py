"""Names for imported people and rooms: valid here, and not those of others."""

import itertools
import unicodedata
from collections.abc import Callable, Iterator

from chat.text.cleaning import NAME_MAX_LENGTH, clean_name
from chat.text.lookalikes import INVISIBLE
from chat.text.normal_forms import normalized


def usable(wanted: str, fallback: str) -> str:
    """Return a valid name like the wanted one: shorter, and without characters that names cannot have."""
    seen = INVISIBLE.sub("", normalized("NFKC", wanted[: 8 * NAME_MAX_LENGTH]))
    seen = "".join(it for it in seen if it.isspace() or unicodedata.category(it)[0] != "C")
    bare = "".join(it for it in normalized("NFD", seen) if not unicodedata.category(it).startswith("M"))
    for name in (wanted, seen, bare):
        try:
            return clean_name(" ".join(name.split())[:NAME_MAX_LENGTH].rstrip())
        except ValueError:
            continue
    return fallback


class FreeNames:
    """Finds names that are not taken, by a number at the end. Many who want the same name cost no more each."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def first(self, wanted: str, is_free: Callable[[str], bool]) -> str:
        for number in self._tried(wanted):
            self._numbers[wanted] = number + 1
            name = numbered(wanted, number)
            if is_free(name):
                return name
        raise AssertionError("There is always another number.")

    def _tried(self, wanted: str) -> Iterator[int]:
        return itertools.count(self._numbers.get(wanted, 1))


def numbered(name: str, number: int) -> str:
    end = f" {number}" if number > 1 else ""
    return name[: NAME_MAX_LENGTH - len(end)].rstrip() + end

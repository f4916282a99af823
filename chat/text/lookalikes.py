"""Comparison of names that look alike, by Unicode's table of confusable characters (UTS #39) and some additions.

The table is in `confusables.txt`. It is made from Unicode's file by

    python -m chat.text.lookalikes confusables.txt > chat/text/confusables.txt

The file is at https://www.unicode.org/Public/security/latest/.
"""

import functools
import re
import sys
from pathlib import Path

from django.conf import settings

from chat.text.normal_forms import caseless, fold, normalized

TABLE = Path(__file__).with_name("confusables.txt")
# The length of a stored form. Names that differ only beyond this count as the same.
FORM_MAX_LENGTH = 160
LICENCE = "Unicode License V3, in chat/LICENSE-UNICODE."

# Default_Ignorable_Code_Point of DerivedCoreProperties.txt. Unicode guarantees that nothing is removed from it.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Characters drawn as blanks although they are letters, marks or symbols: the blank Braille pattern, the null notehead,
# the Khitan filler, Egyptian blanks, and the object replacement character.
_BLANK = "\u2800\U0001d159\U00016fe4\U00013441\U00013442\ufffc"
INVISIBLE = re.compile(f"[{_IGNORABLE}{_BLANK}]")
# Additions to Unicode's table, which has `m` as `rn` and none of these. Characters like `l` become a digit, because the
# prototype must stay different from `L` when cases are folded.
_PAIRS = str.maketrans({"w": "vv", "W": "VV", "d": "c1", "l": "1"})

# Names that speak for the site, as the one in SITE_NAME does, names that mean everyone, and that of deleted accounts.
SITE_NAMES = ("Chat", "System", "Moderator", "Admin")
EVERYONE_NAMES = ("All", "Here", "Room", "Everyone", "Channel")
DELETED_PERSON = "Deleted person"
_NOT_IN_A_WORD = re.compile(r"[\W_]+")
# A dot above these letters is drawn where their own dot is.
_SECOND_DOT = re.compile("(?<=[ij])\u0307")


def skeletons(name: str) -> tuple[str, str, str]:
    """Return three forms of a name: as written, in small letters and in capitals. Lookalikes share at least one.

    `bоb` with a Cyrillic о looks like `bob`, and so does `BОB`. `ВОВ`, all Cyrillic, does so only in capitals.
    """
    return skeleton(name), skeleton(fold(name)), skeleton(name.upper())


def skeleton(name: str) -> str:
    """Return a form that is equal for names that look the same, whatever their case."""
    return caseless(_look(name))[:FORM_MAX_LENGTH]


def speaks_for_the_site(name: str) -> bool:
    """Return whether `name` is, or looks like, one of `SITE_NAMES` or the name of the site."""
    return not _words(name).isdisjoint(_looks((*SITE_NAMES, settings.SITE_NAME)))


def means_everyone(name: str) -> bool:
    """Return whether `name` is, or looks like, one of `EVERYONE_NAMES`. No person may take it, superusers included."""
    return not _words(name).isdisjoint(_looks(EVERYONE_NAMES))


def is_reserved(name: str) -> bool:
    """Return whether `name` is, or looks like, a name that only the site and superusers may take."""
    deleted = _looks((DELETED_PERSON,))
    is_special = speaks_for_the_site(name) or means_everyone(name)
    return is_special or any(it.startswith(tuple(deleted)) for it in _words(name))


def _look(name: str) -> str:
    """Return the prototypes of the visible characters of `name`."""
    decomposed = normalized("NFD", normalized("NFKC", name))
    prototypes = _prototypes()
    seen = _SECOND_DOT.sub("", INVISIBLE.sub("", decomposed))
    return "".join(prototypes.get(character, character) for character in seen).translate(_PAIRS)


def _words(name: str) -> set[str]:
    """Return the looks of `name` as written and in small letters, with letters and digits only."""
    return {caseless(_NOT_IN_A_WORD.sub("", _look(form))) for form in (name, fold(name))}


@functools.cache
def _looks(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for name in names for form in (name, name.upper()) for word in _words(form))


# ---- The table


@functools.cache
def _prototypes() -> dict[str, str]:
    """Return the prototype of each confusable character: one character or several."""
    prototypes: dict[str, str] = {}
    for line in TABLE.read_text(encoding="ascii").splitlines():
        if line and not line.startswith("#"):
            prototype, _, characters = line.partition(":")
            target = _text(prototype)
            prototypes.update(dict.fromkeys(_text(characters), target))
    return prototypes


def unicode_version() -> str:
    """Return the version of Unicode that the table is from."""
    found = re.search("^# Version: ([0-9.]+)$", TABLE.read_text(encoding="ascii"), re.MULTILINE)
    return found[1] if found else ""


def compact(source: str) -> str:
    """Return the table made from Unicode's `confusables.txt`: a line for each prototype with its lookalikes."""
    lines = source.lstrip("\ufeff").splitlines()
    head = [line for line in lines[:12] if line.startswith(("# Version:", "# Date:"))]
    alike: dict[str, list[str]] = {}
    for line in lines:
        character, _, rest = line.partition("#")[0].partition(";")
        if rest:
            alike.setdefault(rest.split(";")[0].strip(), []).append(character.strip())
    title = [
        "# Unicode Security Mechanisms for UTS #39: confusables.txt, by prototype. Made by chat/text/lookalikes.py.",
        f"# Copyright Unicode, Inc. {LICENCE}",
    ]
    return "\n".join([*title, *head, *(f"{to}:{' '.join(alike[to])}" for to in sorted(alike))]) + "\n"


def _text(codes: str) -> str:
    return "".join(chr(int(code, 16)) for code in codes.split())


if __name__ == "__main__":
    sys.stdout.write(compact(Path(sys.argv[1]).read_text(encoding="utf-8")))

"""Names that look alike: by Unicode's table of confusable characters (UTS #39), and by what it leaves out.

The table lies in `confusables.txt`, made from Unicode's own by

    python -m chat.text.lookalikes confusables.txt > chat/text/confusables.txt

of a file from https://www.unicode.org/Public/security/latest/.
"""

import functools
import re
import sys
from pathlib import Path

from chat.text.normal_forms import caseless, fold, normalized

TABLE = Path(__file__).with_name("confusables.txt")
# A form of a name that is stored. Nobody needs the rest of a longer one to tell names apart.
FORM_MAX_LENGTH = 160
LICENCE = "Unicode License V3, in chat/LICENSE-UNICODE."

# Default_Ignorable_Code_Point of DerivedCoreProperties.txt, which Unicode promises not to take anything out of.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Drawn as blanks although they are letters, marks or symbols: the blank Braille pattern, the null notehead, the Khitan
# filler, Egyptian blanks, and what stands for an object.
_BLANK = "\u2800\U0001d159\U00016fe4\U00013441\U00013442\ufffc"
INVISIBLE = re.compile(f"[{_IGNORABLE}{_BLANK}]")
# Unicode's table has `m` as `rn`, and neither of these. What looks like an `l` becomes a digit: a prototype has to stay
# apart from `L` when cases are folded.
_PAIRS = str.maketrans({"w": "vv", "W": "VV", "d": "c1", "l": "1"})

SITE_NAME = "Chat"
# Names that speak for the site, names that mean everybody, and how an account that was deleted is called.
SITE_NAMES = (SITE_NAME, "System", "Moderator", "Admin")
EVERYBODY = ("All", "Here", "Room", "Everyone", "Channel")
DELETED_PERSON = "Deleted person"
_NOT_IN_A_WORD = re.compile(r"[\W_]+")
# A dot above these is drawn in the place of their own.
_SECOND_DOT = re.compile("(?<=[ij])\u0307")


def skeletons(name: str) -> tuple[str, str, str]:
    """Return the forms by one of which names are equal that look the same: as written, in small letters, in capitals.

    `bоb` with a Cyrillic о is like `bob`, and so is `BОB`; `ВОВ`, all Cyrillic, is so only in capitals.
    """
    return skeleton(name), skeleton(fold(name)), skeleton(name.upper())


def skeleton(name: str) -> str:
    """Return the form by which names are equal when they look the same, whatever their case."""
    return caseless(_look(name))[:FORM_MAX_LENGTH]


def speaks_for_the_site(name: str) -> bool:
    """Return whether `name` is, or looks like, one of `SITE_NAMES`."""
    return not _words(name).isdisjoint(_looks(SITE_NAMES))


def is_reserved(name: str) -> bool:
    """Return whether `name` is, or looks like, one that no person may take."""
    words, gone = _words(name), _looks((DELETED_PERSON,))
    return not words.isdisjoint(_looks(SITE_NAMES + EVERYBODY)) or any(it.startswith(tuple(gone)) for it in words)


def _look(name: str) -> str:
    """Return the prototypes of what can be seen of `name`."""
    decomposed = normalized("NFD", normalized("NFKC", name))
    prototypes = _prototypes()
    seen = _SECOND_DOT.sub("", INVISIBLE.sub("", decomposed))
    return "".join(prototypes.get(character, character) for character in seen).translate(_PAIRS)


def _words(name: str) -> set[str]:
    """Return what `name` looks like, as written and in small letters, without what is no letter or digit."""
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
    """Return the table made from Unicode's `confusables.txt`: a line for each prototype, with all that look like it."""
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

"""The emoji that the page offers, in Unicode's groups and order, each with the names that people search for."""

import functools
import gzip
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import emoji
import msgspec

GROUPS = Path(__file__).with_name("emojis.txt")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9_+-]+")


class Group(msgspec.Struct, frozen=True):
    """A group of emoji. Each is a list of the emoji and its names, the usual name first: `["👍", "thumbs_up"]`."""

    name: str
    emoji: list[list[str]]


class Listing(NamedTuple):
    """The groups as JSON, also compressed, and a version that changes with them."""

    content: bytes
    compressed: bytes
    version: str


@functools.cache
def listing() -> Listing:
    content = msgspec.json.encode({"groups": groups()})
    return Listing(content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:12])


def groups() -> list[Group]:
    lines = [line for line in GROUPS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [
        Group(name, [[one, *_names(one)] for one in row.split()])
        for name, row in zip(lines[::2], lines[1::2], strict=True)
    ]


@functools.cache
def by_name() -> dict[str, str]:
    """Return the emoji of each name. Where several have a name, it is that of the first."""
    listed = [entry for group in groups() for entry in group.emoji]
    return {name: one for one, *names in reversed(listed) for name in names}


def _names(one: str) -> list[str]:
    """Return the names of one emoji in ASCII, because `:Türkiye:` is hard to type. Names `flag_for_…` are left out."""
    known = emoji.EMOJI_DATA[one]
    names = [_NOT_IN_A_NAME.sub("", name.strip(":").lower()) for name in (known["en"], *known.get("alias", ()))]
    return list(dict.fromkeys(name for name in names if name and not name.startswith("flag_for_")))

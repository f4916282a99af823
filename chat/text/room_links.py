"""Links to rooms in a text: a `#` and the address of a room, such as `#general`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chat.text.scripts import WORD

# The limit on addresses that are looked up for one text.
MAX_ROOMS = 50
# A `#` that is not within a word, an address or an entity, and an address as `actions.rooms.slug_of` makes it.
_ROOM = re.compile(rf"(?<!{WORD})(?<![#&/])#([^\W_]+(?:[-_]+[^\W_]+)*)(?![\w#])")


@dataclass(frozen=True, slots=True)
class RoomLink:
    """The `#` and the address as they were written, and the path of the room's page."""

    text: str
    path: str


def slugs_in(body: str) -> frozenset[str]:
    """Return the first `MAX_ROOMS` addresses that a body may link to."""
    if "#" not in body:
        return frozenset()
    found = dict.fromkeys(match[1].lower() for match in _ROOM.finditer(body))
    return frozenset(list(found)[:MAX_ROOMS])


def split(line: str, rooms: Mapping[str, str]) -> Iterator[str | RoomLink]:
    """Split `line` into links and other text. `rooms` maps addresses to paths."""
    done = 0
    for match in _ROOM.finditer(line):
        if path := rooms.get(match[1].lower()):
            yield line[done : match.start()]
            yield RoomLink(match[0], path)
            done = match.end()
    yield line[done:]

"""Filters about the files of messages."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from django import template

from chat.protocol import FileData
from chat.text.sizes import short_size, spoken_size

register = template.Library()

# The largest and the smallest side of a picture, in pixels of the page. A thumbnail has twice as many.
WIDEST = 360
HIGHEST = 270
SMALLEST = 48
# The shape of a picture whose size is not known.
USUAL = (4, 3)
# More are in the lightbox.
PICTURES_SHOWN = 4

KINDS = {"image": "Picture", "audio": "Audio", "video": "Video"}

register.filter("size", short_size)
register.filter("spoken", spoken_size)


class Box(NamedTuple):
    width: int
    height: int


@register.filter
def pictures(files: Sequence[FileData]) -> list[FileData]:
    """Return the files that are shown in the grid: pictures, also those that are not processed yet."""
    return [it for it in files if it.kind == "image" and it.state != "refused"]


@register.filter
def other_files(files: Sequence[FileData]) -> list[FileData]:
    """Return the files that are listed below the pictures."""
    return [it for it in files if it.kind != "image" or it.state == "refused"]


@register.filter
def more(pictures: Sequence[FileData], position: int) -> int:
    """Return how many pictures the one at `position` stands for, beside itself. Zero for all but the last shown."""
    return max(0, len(pictures) - PICTURES_SHOWN) if position == PICTURES_SHOWN else 0


@register.filter
def box(file: FileData) -> Box:
    """Return the size of a picture in a message, which the page reserves. helpers/sizes.js does the same."""
    usual = (USUAL[0] * WIDEST, USUAL[1] * WIDEST)
    wide, high = (file.width, file.height) if file.width and file.height else usual
    scale = min(1, WIDEST / wide, HIGHEST / high)
    return Box(*(max(SMALLEST, int(length * scale + 0.5)) for length in (wide, high)))


@register.filter
def kind_name(file: FileData) -> str:
    return KINDS.get(file.kind, "File")


@register.filter
def address(file: FileData) -> str:
    return f"/files/{file.key}/{quote(file.name, safe='')}"


@register.filter
def thumb_address(file: FileData) -> str:
    """Return the address of the small version of a picture."""
    return f"/files/{file.key}/thumb.webp" if file.thumb else address(file)


@register.filter
def host(url: str) -> str:
    return urlsplit(url).hostname or url

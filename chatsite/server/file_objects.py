"""The addresses of files, and the objects of the storage that are sent for them, with their headers."""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl

from django.utils.http import content_disposition_header

from chat.files.addresses import TICKET
from chat.models import File

ADDRESS = re.compile(r"/files/([\w-]{22})/([^/]+)|/avatars/([\w-]{22})\.webp", re.ASCII)
THUMB = "thumb.webp"
# Shown within the page: pictures that this site has encoded, and what browsers only play. Nothing else, because a
# browser might run it.
SHOWN = {"image/jpeg", "image/png", "image/webp"}
PLAYED = (File.MediaKind.AUDIO, File.MediaKind.VIDEO)
DAY, YEAR = 86_400, 31_536_000


class FileAddress(NamedTuple):
    """The key of a file, and which of its forms is wanted: its own, the thumbnail, or a person's picture.

    `is_download`: to be saved, also if browsers could show it. `ticket` is what the host of files asks for.
    """

    key: str
    wants_thumb: bool = False
    is_avatar: bool = False
    is_download: bool = False
    ticket: str = ""


class Object(NamedTuple):
    """An object of the storage that is sent for a file, and the headers that describe it.

    `is_played`: browsers ask for one part after the other, for as long as people listen or watch.
    """

    path: str
    etag: str
    headers: dict[str, str]
    is_small: bool = False
    is_played: bool = False


def address_in(path: str, query: bytes) -> FileAddress | None:
    """Return what an address asks for, or None if it is not that of a file."""
    found = ADDRESS.fullmatch(path)
    if found is None:
        return None
    key, name, avatar = found.groups()
    fields = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    return FileAddress(avatar or key, name == THUMB, bool(avatar), "download" in fields, fields.get(TICKET, ""))


def object_of(file: File, address: FileAddress) -> Object:
    """Return the object to send for a file that exists for the person.

    The address of the thumbnail is also that of the file itself if this has the same name. Then it is the file.
    """
    if address.is_avatar or (address.wants_thumb and file.thumb_path and file.name != THUMB):
        age = f"private, max-age={YEAR}, immutable" if address.is_avatar else f"private, max-age={DAY}"
        headers = {"Content-Type": "image/webp", "Cache-Control": age, "Content-Disposition": "inline"}
        return Object(file.thumb_path or file.path, f'"{file.sha256}-thumb"', headers, is_small=True)
    is_shown = file.media_type in SHOWN or file.kind in PLAYED
    disposition = content_disposition_header(address.is_download or not is_shown, file.name) or "inline"
    headers = {
        "Content-Type": file.media_type if is_shown else "application/octet-stream",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition,
    }
    is_played = file.kind in PLAYED and not address.is_download
    return Object(file.path, f'"{file.sha256}"', headers, is_played=is_played)

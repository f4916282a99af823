"""The files of a room."""

from typing import Literal

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import parts, protocol, serializers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.api.paging import Limit, OlderThan, page
from chat.files import listing
from chat.models import Attachment, Person, Room
from chat.protocol import Code, Scope


class FileQuery(OlderThan, frozen=True, kw_only=True):
    """`kind` is one kind of files. The files are older than the id `before`."""

    kind: Literal["", "image", "audio", "video", "file"] = ""
    limit: Limit = listing.PAGE


class RoomFile(msgspec.Struct, frozen=True):
    """A file, with the `seq`, the author and the time of its message. `id` is for the next page."""

    id: int
    seq: int
    author: protocol.PersonData | None
    created_at: str
    file: protocol.FileData


class RoomFiles(msgspec.Struct, frozen=True):
    files: list[RoomFile]
    more: bool


@signed_in
@operation(scope=Scope.READ, query=FileQuery, answers={200: RoomFiles}, refusals=(Code.NOT_FOUND,))
def index(request: HttpRequest, person: Person, asked: FileQuery, slug: str) -> HttpResponse:
    """Return the files of the room, newest first, without refused ones."""
    room = Room.seen_by(person, slug)
    found = listing.page(room, person, kind=asked.kind, before=asked.id, limit=asked.limit, hides=False)
    files = [_file(it) for it in found.entries]
    return page(request, RoomFiles(files, found.more), found.more, before=files[-1].id if files else 1)


def _file(row: Attachment) -> RoomFile:
    message = row.message
    author = serializers.person(message.author) if message.author else None
    return RoomFile(row.pk, message.seq, author, serializers.time(message.created_at), parts.file(row.file))

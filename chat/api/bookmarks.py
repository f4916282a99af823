"""The messages that a person has saved."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import bookmarks, protocol, serializers
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.api.paging import OlderThan, page
from chat.api.search import RoomRef
from chat.auth import login_throttle
from chat.models import Person, Room
from chat.protocol import MAX_NOTE_LENGTH, Code
from chat.rate_limits import limits


class BookmarkBody(msgspec.Struct, frozen=True):
    """Without a `note`, a stored one stays."""

    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE_LENGTH)] | msgspec.UnsetType = msgspec.UNSET


class BookmarkItem(msgspec.Struct, frozen=True):
    """A message that you have saved. A message that was deleted has no text."""

    id: int
    room: RoomRef
    message: protocol.MessageData
    note: str
    at: str


class BookmarkList(msgspec.Struct, frozen=True):
    bookmarks: list[BookmarkItem]
    more: bool


@signed_in
@operation(query=OlderThan, answers={200: BookmarkList})
def index(request: HttpRequest, person: Person, asked: OlderThan) -> HttpResponse:
    """Return the messages that you have saved, the last saved first."""
    found = bookmarks.page(person, before=asked.id, limit=asked.limit)
    messages = serializers.messages(entry.message for entry in found.entries)
    saved = [_saved(*pair) for pair in zip(found.entries, messages, strict=True)]
    return page(request, BookmarkList(saved, found.more), found.more, before=saved[-1].id if saved else 1)


@signed_in
@operation(body=BookmarkBody, answers={204: None}, refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.RATE_LIMITED))
def save(request: HttpRequest, person: Person, asked: BookmarkBody, slug: str, seq: int) -> HttpResponse:
    """Save the message, or change its note. A repeat changes nothing."""
    note = None if asked.note is msgspec.UNSET else asked.note
    return _set(request, person, slug, protocol.SetBookmark(seq=seq, on=True, note=note))


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.RATE_LIMITED))
def remove(request: HttpRequest, person: Person, slug: str, seq: int) -> HttpResponse:
    """Remove the message from those that you have saved. A repeat changes nothing."""
    return _set(request, person, slug, protocol.SetBookmark(seq=seq, on=False))


def _set(request: HttpRequest, person: Person, slug: str, command: protocol.SetBookmark) -> HttpResponse:
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    execute(Request(person.pk, Room.seen_by(person, slug).pk, command))
    return answers.done()


def _saved(entry: bookmarks.SavedMessage, message: protocol.MessageData) -> BookmarkItem:
    row = entry.bookmark
    return BookmarkItem(row.pk, RoomRef(row.room.slug, row.room.name), message, row.note, serializers.time(row.at))

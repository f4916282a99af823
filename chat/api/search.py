"""Search for messages, newest first, a page at a time."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import protocol, search, serializers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.api.paging import Before, page
from chat.models import Person
from chat.protocol import Code, Scope
from chat.search.query import MAX_QUERY_CHARACTERS

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

ResultLimit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)]


class Search(msgspec.Struct, frozen=True):
    """The words to search for. `room` is the slug of the room to search. Results are older than the id `before`."""

    q: str = ""
    room: str = ""
    before: Before | msgspec.UnsetType = msgspec.UNSET
    limit: ResultLimit = DEFAULT_LIMIT


class RoomRef(msgspec.Struct, frozen=True):
    slug: str
    name: str


class ExcerptPart(msgspec.Struct, frozen=True):
    text: str
    found: bool


class SearchResult(msgspec.Struct, frozen=True):
    room: RoomRef
    message: protocol.MessageData
    excerpt: list[ExcerptPart]


class SearchResults(msgspec.Struct, frozen=True):
    hits: list[SearchResult]
    more: bool


@signed_in
@operation(
    scope=Scope.READ,
    query=Search,
    narrower={"q": {"minLength": 1, "maxLength": MAX_QUERY_CHARACTERS}},
    answers={200: SearchResults},
    refusals=(Code.EMPTY, Code.TOO_LONG, Code.NOT_FOUND, Code.RATE_LIMITED),
)
def index(request: HttpRequest, person: Person, asked: Search) -> HttpResponse:
    """Search the messages that you can see. Each hit has the room and an excerpt with the words."""
    before = None if asked.before is msgspec.UNSET else asked.before
    found = search.find(person, asked.q, room=asked.room, before=before, limit=asked.limit)
    messages = serializers.messages(hit.message for hit in found.hits)
    hits = [_hit(*pair) for pair in zip(found.hits, messages, strict=True)]
    return page(request, SearchResults(hits, found.more), found.more, before=hits[-1].message.id if hits else 1)


def _hit(hit: search.Hit, message: protocol.MessageData) -> SearchResult:
    room = hit.message.room
    parts = [ExcerptPart(part.text, part.found) for part in hit.excerpt]
    return SearchResult(RoomRef(room.slug, room.name), message, parts)

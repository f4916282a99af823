"""Search from the typed query to a page of results: limits, access, lookup and excerpts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chat import direct_rooms
from chat.errors import Refused
from chat.models import Has, Message, NotificationChannel, Person, Room
from chat.models.notifications import zone_named
from chat.models.people import meant_by
from chat.models.rooms import ADDRESS_MAX_LENGTH
from chat.protocol import Code
from chat.rate_limits import limits
from chat.search import index
from chat.search.attached_texts import attached_texts
from chat.search.excerpts import Part, excerpt
from chat.search.periods import Span, months
from chat.search.query import MAX_QUERY_CHARACTERS, Query
from chat.text import cleaning
from chat.text.folding import unaccented

MAX_TERMS = 12
KINDS: dict[str, Sequence[int]] = {
    "link": (Has.LINK,),
    "image": (Has.IMAGE,),
    "picture": (Has.IMAGE,),
    "file": (Has.IMAGE, Has.FILE),
    "code": (Has.CODE,),
}
# People whose names differ only in accents.
MAX_AUTHORS = 20


class Unsearchable(Refused):
    """A refused search."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A found message, with its room and author, and its excerpt."""

    message: Message
    excerpt: list[Part]


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Found messages, the newest first. With `more`, there are older ones before the id of the last."""

    hits: list[Hit]
    more: bool


def find(person: Person, typed: str, *, room: str = "", before: int | None = None, limit: int = 20) -> SearchPage:
    """Search in the room with the slug `room`, or in all rooms that `person` may see. Raises Unsearchable.

    A room typed after `in:` takes precedence over `room`.
    """
    query = _parsed(typed)
    _admit(person)  # before names are looked up: otherwise they could be tried without limit
    authors = _authors(person, query.author)
    span = _span(person, query)
    lookup = index.Lookup(
        query.terms,
        author_ids=authors,
        excluded_author_ids=_authors(person, query.excluded_author),
        room_ids=_rooms(person, query, room),
        excluded=query.excluded,
        has=[_bits(it) for it in query.has],
        excluded_has=[bit for it in query.excluded_has for bit in _bits(it)],
        months=months(span),
        span=span,
        before=index.HIGHEST_ID if before is None else before,
    )
    try:
        ids = index.newest(lookup, limit + 1)
    except index.TooSlow as error:
        detail = "That search took too long. Add a rarer word or pick a room."
        raise Unsearchable(Code.UNAVAILABLE, detail, retry_after=1.0) from error
    messages = _messages(person, ids[:limit])
    others = attached_texts({message.pk: message.has for message in messages})
    hits = [Hit(message, excerpt(message, query.terms, others.get(message.pk, ()))) for message in messages]
    return SearchPage(hits, more=len(ids) > limit)


def _parsed(typed: str) -> Query:
    if len(typed) > MAX_QUERY_CHARACTERS:
        raise Unsearchable(Code.TOO_LONG, f"A search can have at most {MAX_QUERY_CHARACTERS} characters.")
    query = Query.parse(typed)
    if len(query.terms) + len(query.excluded) > MAX_TERMS:
        raise Unsearchable(Code.TOO_LONG, f"A search can have at most {MAX_TERMS} words.")
    if not (query.terms or query.author or query.room or query.has or query.dates):
        raise Unsearchable(Code.EMPTY, "Enter at least one word to search for.")
    return query


def _bits(kind: str) -> Sequence[int]:
    """Return the bits of `Has` for a word after `has:`. A message with any of them is meant."""
    if bits := KINDS.get(kind) or KINDS.get(kind.removesuffix("s")):
        return bits
    raise Unsearchable(Code.NOT_FOUND, f"Nothing is found by “has:{kind}”. Use link, image, file or code.")


def _span(person: Person, query: Query) -> Span:
    """Return the span of the dates, in the time zone of the person's notifications if they have chosen one."""
    if not query.dates:
        return index.ANY_TIME
    zones = NotificationChannel.objects.filter(person=person).exclude(zone="").order_by("pk")
    try:
        return Span.of(query.dates, zone_named(zones.values_list("zone", flat=True).first() or "UTC"))
    except ValueError as error:
        detail = f"“{error}” is not a date. Write it as 2026-11-30, 2026-11, 2026, today or yesterday."
        raise Unsearchable(Code.NOT_FOUND, detail) from None


def _authors(person: Person, name: str) -> list[int]:
    """Return the ids of the people with this name, or none without a name. The exact name has precedence."""
    if not name:
        return []
    handle = cleaning.fold(name)
    if handle == "me":
        return [person.pk]
    found = meant_by([handle], only_active=False)
    if not found:
        raise Unsearchable(Code.NOT_FOUND, f"No one called “{name}”.")
    return found[handle][:MAX_AUTHORS]


def _rooms(person: Person, query: Query, slug: str) -> list[int]:
    """Return the ids of the rooms to search. A room after `in:` is given by its address or its name."""
    rooms = Room.objects.visible_to(person)
    named = query.room
    slug = cleaning.clean_line(slug, ADDRESS_MAX_LENGTH)  # PostgreSQL refuses a query with NUL
    if slug and not named:
        rooms = rooms.filter(slug=slug)
    if named or query.excluded_room:
        visible = list(rooms.only("slug", "name", "direct_key"))
        direct_rooms.name_rooms(person.pk, visible)
        chosen = [room for room in visible if not named or _is_called(named, room)]
        ids = [room.pk for room in chosen if not _is_called(query.excluded_room, room)]
    else:
        ids = list(rooms.values_list("pk", flat=True))
    if (named or slug) and not ids:
        raise Unsearchable(Code.NOT_FOUND, f"There is no room “{named or slug}”.")
    return ids


def _is_called(named: str, room: Room) -> bool:
    return bool(named) and (named.lower() == room.slug or unaccented(named) == unaccented(room.name))


def _admit(person: Person) -> None:
    if wait := limits.searches(person.kind).take(person.pk):
        detail = "Too many searches. Try again in a moment."
        raise Unsearchable(Code.RATE_LIMITED, detail, retry_after=wait)


def _messages(person: Person, ids: Iterable[int]) -> list[Message]:
    """Return the messages in the order of the ids, without those that were deleted since or are below a floor."""
    rows = Message.objects.readable_by(person.pk).with_author().select_related("room").filter(deleted_at=None)
    found = rows.in_bulk(list(ids))
    direct_rooms.name_rooms(person.pk, [message.room for message in found.values()])
    return [found[pk] for pk in ids if pk in found]

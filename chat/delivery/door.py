"""Who may open a socket to a room, and who must leave it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Q
from django.http import HttpRequest

from chat import authentication, wire
from chat.authentication import Credential, Identity
from chat.history import Head
from chat.models import Epoch, Membership, Person, Room
from chat.protocol import Close, Code
from chat.protocol import Room as RoomOnWire

NO_SUCH_ROOM = "There is no such room."


class Refusal(Exception):
    """Why a connection is not let in: an error's code and sentence, and the code with which the socket closes."""

    def __init__(self, code: Code, detail: str, close: int, retry_after: float | None = None):
        super().__init__(detail)
        self.code, self.detail, self.close, self.retry_after = code, detail, close, retry_after


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who was let into a room, and what they are told first."""

    person: Person
    credential: Credential
    room_id: int
    room: RoomOnWire
    head: Head
    read_seq: int


def handshake(scope: dict[str, Any]) -> HttpRequest:
    """The request that opened a socket, with Django's reading of cookies, host and scheme."""
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    return ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())


def check_origin(request: HttpRequest) -> None:
    """A page of another site must not speak with the cookie of ours: scheme, host and port have to be the same.

    Without an `Origin` it is no browser, and a cookie does not count. CSRF_TRUSTED_ORIGINS may come in as well.
    """
    origin = request.headers.get("Origin")
    if origin is None or origin in settings.CSRF_TRUSTED_ORIGINS:
        return
    try:
        # Daphne does not say by which scheme a socket came.
        own = f"{'https' if settings.HTTPS else request.scheme}://{request.get_host()}"
    except DisallowedHost:
        own = ""
    if origin != own:
        raise Refusal(Code.FORBIDDEN, "This site does not take connections from that origin.", Close.SHOWN_OUT)


def admit_all(visits: Sequence[tuple[HttpRequest, str]]) -> list[Admission | Refusal]:
    """The same few queries for one handshake and room's slug, or for all who come back after a restart."""
    identities = identify([request for request, _ in visits])
    known = [(*identity, slug) for identity, (_, slug) in zip(identities, visits, strict=True) if identity]
    admissions = iter(let_in(known))
    return [next(admissions) if identity else _stranger() for identity in identities]


def _stranger() -> Refusal:
    return Refusal(Code.SIGNED_OUT, "Sign in first, or send a token.", Close.SIGN_IN)


def identify(requests: Sequence[HttpRequest]) -> list[Identity | None]:
    """Who sent each handshake whose origin was checked: by a token, or as a browser by a session."""
    programs = [request for request in requests if "Authorization" in request.headers]
    browsers = [it for it in requests if "Authorization" not in it.headers and "Origin" in it.headers]
    found = dict(zip(map(id, programs), authentication.from_tokens(programs) if programs else (), strict=True))
    found |= zip(map(id, browsers), authentication.from_sessions(browsers) if browsers else (), strict=True)
    return [found.get(id(request)) for request in requests]


def check_public(slug: str) -> None:
    """Refuse unless everybody may see the room."""
    if not Room.objects.filter(slug=slug, visibility=Room.Visibility.PUBLIC).exists():
        raise Refusal(Code.NOT_FOUND, NO_SUCH_ROOM, Close.NO_SUCH_ROOM)


def let_in(visits: Sequence[tuple[Person, Credential, str]]) -> list[Admission | Refusal]:
    """Let people into rooms, or refuse."""
    epoch = Epoch.current()  # before the heads, as always: a log that is replaced meanwhile is noticed
    rooms = {room.slug: room for room in Room.objects.with_head().filter(slug__in={slug for _, _, slug in visits})}
    people = {person.pk for person, _, _ in visits}
    memberships = Membership.objects.filter(person__in=people, room__in=rooms.values())
    places = {(it.person_id, it.room_id): it for it in memberships}
    return [_let_in(*visit, epoch, rooms, places) for visit in visits]


def _let_in(
    person: Person,
    credential: Credential,
    slug: str,
    epoch: str,
    rooms: Mapping[str, Room],
    places: Mapping[tuple[int, int], Membership],
) -> Admission | Refusal:
    room = rooms.get(slug)
    place = places.get((person.pk, room.pk)) if room else None
    if place is not None and place.banned_at is not None:
        return Refusal(Code.FORBIDDEN, "You were shown out of this room.", Close.SHOWN_OUT)
    if room is None or not room.is_open_to(place):
        return Refusal(Code.NOT_FOUND, NO_SUCH_ROOM, Close.NO_SUCH_ROOM)
    head = Head(epoch, room.pk, room.head.seq, room.head.rev, room.head.floor_rev)
    unread = 0 if place is None else max(0, head.seq - place.read_seq)
    return Admission(person, credential, room.pk, wire.room(room, unread=unread), head, place.read_seq if place else 0)


def people(ids: Iterable[int]) -> dict[int, Person]:
    """Those of these ids as they are now."""
    return Person.objects.in_bulk(list(ids))


def outsiders(places: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of (room id, person id) who may not be there any more. Two queries, however many there are."""
    places = set(places)
    rooms = {room_id for room_id, _ in places}
    private = set(
        Room.objects.filter(pk__in=rooms).exclude(visibility=Room.Visibility.PUBLIC).values_list("pk", flat=True)
    )
    people = {person_id for _, person_id in places}
    memberships = Membership.objects.filter(Q(room__in=private) | ~Q(banned_at=None), room__in=rooms, person__in=people)
    found = {(it.room_id, it.person_id): it.banned_at for it in memberships.only("room_id", "person_id", "banned_at")}
    return {
        place
        for place in places
        if (place in found and found[place] is not None) or (place[0] in private and place not in found)
    }

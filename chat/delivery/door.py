"""Who may open a socket to a room, and who must leave it."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db.models import Q
from django.http import HttpRequest

from chat import authentication, wire
from chat.authentication import Credential
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


def admit(request: HttpRequest, slug: str) -> Admission:
    """Let the person behind a handshake into a room, or refuse."""
    identity = identify(request)
    if identity is None:
        raise Refusal(Code.SIGNED_OUT, "Sign in first, or send a token.", Close.SIGN_IN)
    return let_in(*identity, slug)


def identify(request: HttpRequest) -> tuple[Person, Credential] | None:
    """Who sent a handshake whose origin was checked: by a token, or as a browser by a session."""
    if "Authorization" in request.headers:
        return authentication.from_token(request)
    return authentication.from_session(request) if "Origin" in request.headers else None


def check_public(slug: str) -> None:
    """Refuse unless everybody may see the room."""
    if not Room.objects.filter(slug=slug, visibility=Room.Visibility.PUBLIC).exists():
        raise Refusal(Code.NOT_FOUND, NO_SUCH_ROOM, Close.NO_SUCH_ROOM)


def let_in(person: Person, credential: Credential, slug: str) -> Admission:
    """Let somebody into a room, or refuse."""
    epoch = Epoch.current()  # before the head, as always: a log that is replaced meanwhile is noticed
    room = Room.objects.visible_to(person).with_head().filter(slug=slug).first()
    if room is None:
        raise _refusal_of(person, slug)
    head = Head(epoch, room.pk, room.head.seq, room.head.rev, room.head.floor_rev)
    read_seq = Membership.objects.filter(person=person, room=room).values_list("read_seq", flat=True).first()
    unread = 0 if read_seq is None else max(0, head.seq - read_seq)
    return Admission(person, credential, room.pk, wire.room(room, unread=unread), head, read_seq or 0)


def _refusal_of(person: Person, slug: str) -> Refusal:
    if Membership.objects.filter(person=person, room__slug=slug).exclude(banned_at=None).exists():
        return Refusal(Code.FORBIDDEN, "You were shown out of this room.", Close.SHOWN_OUT)
    return Refusal(Code.NOT_FOUND, NO_SUCH_ROOM, Close.NO_SUCH_ROOM)


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

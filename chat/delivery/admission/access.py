"""Who may open a socket to a room, and who must leave it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from chat import serializers
from chat.adapters.django import ASGIRequest
from chat.auth import authentication, origins
from chat.auth.authentication import Credential, Identity
from chat.auth.login_throttle import TooManyAttempts
from chat.db.compiled_queries import CompiledQuery, Param, ParamList
from chat.errors import Refused
from chat.history import Head
from chat.models import Epoch, Membership, Person, Room
from chat.protocol import Close, Code, Standing
from chat.protocol import RoomData as RoomOnWire

NO_SUCH_ROOM = "There is no such room."


class AdmissionRefused(Refused):
    """Why a connection is not let in: an error's code and sentence, and the code with which the socket closes."""

    def __init__(self, code: Code, detail: str, close: int, retry_after: float | None = None):
        super().__init__(code, detail, retry_after)
        self.close = close


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who was let into a room, and what they are told first."""

    person: Person
    credential: Credential
    room_id: int
    room: RoomOnWire
    head: Head
    read_seq: int
    standing: Standing


def handshake(scope: dict[str, Any]) -> HttpRequest:
    """The request that opened a socket, with Django's reading of cookies, host and scheme."""
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    return ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())


def check_origin(request: HttpRequest) -> None:
    """A page of another site must not speak with the cookie of ours: scheme, host and port have to be the same.

    Without an `Origin` it is no browser, and a cookie does not count. CSRF_TRUSTED_ORIGINS may come in as well.
    """
    if origins.is_foreign(request):
        raise AdmissionRefused(Code.FORBIDDEN, "Connections from that origin are not allowed.", Close.FORBIDDEN)


def admit_all(visits: Sequence[tuple[HttpRequest, str]]) -> list[Admission | AdmissionRefused]:
    """The same few queries for one handshake and room's slug, or for all who come back after a restart."""
    found = authenticate([request for request, _ in visits])
    known = [(*it, slug) for it, (_, slug) in zip(found, visits, strict=True) if isinstance(it, tuple)]
    admissions = iter(authorize(known) if known else ())  # for strangers no room is looked for
    return [next(admissions) if isinstance(it, tuple) else it or _unauthenticated() for it in found]


def _unauthenticated() -> AdmissionRefused:
    return AdmissionRefused(Code.SIGNED_OUT, "Sign in or send a bearer token.", Close.UNAUTHENTICATED)


def authenticate(requests: Sequence[HttpRequest]) -> list[Identity | AdmissionRefused | None]:
    """Who sent each handshake whose origin was checked: by a token, or as a browser by a session."""
    programs = [request for request in requests if "HTTP_AUTHORIZATION" in request.META]
    browsers = [it for it in requests if "HTTP_AUTHORIZATION" not in it.META and "HTTP_ORIGIN" in it.META]
    found: dict[int, Identity | AdmissionRefused | None] = {}
    for request, identity in zip(programs, authentication.from_tokens(programs) if programs else (), strict=True):
        found[id(request)] = _refusal(identity) if isinstance(identity, TooManyAttempts) else identity
    found.update(zip(map(id, browsers), authentication.from_sessions(browsers) if browsers else (), strict=True))
    return [found.get(id(request)) for request in requests]


def _refusal(error: TooManyAttempts) -> AdmissionRefused:
    return AdmissionRefused(Code.RATE_LIMITED, error.detail, Close.RATE_LIMITED, error.retry_after)


def check_public(slug: str) -> None:
    """Refuse unless everybody may see the room."""
    if not Room.objects.filter(slug=slug, visibility=Room.Visibility.PUBLIC).exists():
        raise AdmissionRefused(Code.NOT_FOUND, NO_SUCH_ROOM, Close.NO_SUCH_ROOM)


def authorize(visits: Sequence[tuple[Person, Credential, str]]) -> list[Admission | AdmissionRefused]:
    """Let people into rooms, or refuse."""
    epoch = Epoch.current()  # before the heads, as always: a log that is replaced meanwhile is noticed
    rooms = {room.slug: room for room in ROOMS_BY_SLUG.rows(slugs={slug for _, _, slug in visits})}
    people = {person.pk for person, _, _ in visits}
    memberships = MEMBERSHIPS.rows(people=people, rooms={room.pk for room in rooms.values()})
    places = {(it.person_id, it.room_id): it for it in memberships}
    return [_authorize(*visit, epoch, rooms, places) for visit in visits]


def _authorize(
    person: Person,
    credential: Credential,
    slug: str,
    epoch: str,
    rooms: Mapping[str, Room],
    places: Mapping[tuple[int, int], Membership],
) -> Admission | AdmissionRefused:
    room = rooms.get(slug)
    place = places.get((person.pk, room.pk)) if room else None
    if place is not None and place.banned_at is not None:
        return AdmissionRefused(Code.FORBIDDEN, "You’ve been removed from this room.", Close.FORBIDDEN)
    if room is None or not room.is_open_to(place):
        return AdmissionRefused(Code.NOT_FOUND, NO_SUCH_ROOM, Close.NO_SUCH_ROOM)
    head = Head(epoch, room.pk, room.head.seq, room.head.rev, room.head.floor_rev)
    unread = 0 if place is None else max(0, head.seq - place.read_seq)
    on_wire, standing = serializers.room(room, unread=unread), serializers.room_status(room, person, place)
    return Admission(person, credential, room.pk, on_wire, head, place.read_seq if place else 0, standing)


_ROOMS, _PEOPLE = ParamList("rooms", Room._meta.pk), ParamList("people", Person._meta.pk)
ROOMS_BY_SLUG = CompiledQuery(
    lambda: Room.objects.with_head().filter(slug__in=ParamList("slugs", Room._meta.get_field("slug")))
)
MEMBERSHIPS = CompiledQuery(lambda: Membership.objects.filter(person__in=_PEOPLE, room__in=_ROOMS))
# What everybody is checked for every few seconds, so that it should cost little for ten thousand.
PEOPLE_BY_ID = CompiledQuery(lambda: Person.objects.filter(pk__in=_PEOPLE).defer("last_login", "date_joined"))
PRIVATE_ROOM_IDS = CompiledQuery(
    lambda: Room.objects.filter(pk__in=_ROOMS).exclude(visibility=Room.Visibility.PUBLIC).values_list("pk")
)
# Banned, or a member of a room where only members are.
MEMBERS_OR_BANNED = CompiledQuery(
    lambda: Membership.objects.filter(
        Q(room__in=ParamList("private", Room._meta.pk)) | ~Q(banned_at=None), room__in=_ROOMS, person__in=_PEOPLE
    ).values_list("room_id", "person_id", "banned_at")
)
# More than an ordinary member, or less.
WITH_ROLE_OR_MUTE = CompiledQuery(
    lambda: Membership.objects.filter(
        ~Q(role=Membership.Role.MEMBER) | Q(muted_until__gt=Param("now", Membership._meta.get_field("muted_until"))),
        room__in=_ROOMS,
        person__in=_PEOPLE,
    )
)
ROOMS_BY_ID = CompiledQuery(lambda: Room.objects.filter(pk__in=_ROOMS))


def people(ids: Iterable[int]) -> dict[int, Person]:
    """Those of these ids as they are now."""
    return {person.pk: person for person in PEOPLE_BY_ID.rows(people=ids)}


def without_access(places: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those of (room id, person id) who may not be there any more. Two queries, however many there are."""
    places = set(places)
    rooms, people = {room_id for room_id, _ in places}, {person_id for _, person_id in places}
    private = {room_id for (room_id,) in PRIVATE_ROOM_IDS.rows(rooms=rooms)}
    bound = MEMBERS_OR_BANNED.rows(private=private, rooms=rooms, people=people)
    found = {(room_id, person_id): banned_at for room_id, person_id, banned_at in bound}
    return {
        place
        for place in places
        if (place in found and found[place] is not None) or (place[0] in private and place not in found)
    }


def room_statuses(places: Iterable[tuple[int, int]], people: Mapping[int, Person]) -> dict[tuple[int, int], Standing]:
    """What everybody is at their (room id, person id), in two queries and those for the permissions of staff. Only
    those rows are read that make somebody anything but an ordinary member."""
    places = set(places)
    rooms = {room.pk: room for room in ROOMS_BY_ID.rows(rooms={room_id for room_id, _ in places})}
    seats = WITH_ROLE_OR_MUTE.rows(now=timezone.now(), rooms=rooms, people={person_id for _, person_id in places})
    found = {(seat.room_id, seat.person_id): seat for seat in seats}
    return {
        place: serializers.room_status(rooms[place[0]], people[place[1]], found.get(place))
        for place in places
        if place[0] in rooms and place[1] in people
    }

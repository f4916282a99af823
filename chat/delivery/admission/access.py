"""Access checks for sockets: whether a person may open one to a room, and whether it may stay open."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from msgspec import structs

from chat import direct_rooms, serializers
from chat.adapters.django import ASGIRequest
from chat.auth import authentication, origins, permissions
from chat.auth.authentication import Credential, Identity
from chat.auth.login_throttle import TooManyAttempts
from chat.db.compiled_queries import CompiledQuery, Param, ParamList
from chat.direct_rooms import Conversations
from chat.errors import NO_SUCH_ROOM, NOT_IN_SCOPE, ActionError, Refused
from chat.history import Head
from chat.models import Epoch, JoinRequest, Membership, Person, Room
from chat.models.rooms import RoomAccess
from chat.protocol import Close, Code, Cursor, Scope, Standing
from chat.protocol import RoomData as RoomOnWire

REFUSED_WITH = {Code.FORBIDDEN: Close.FORBIDDEN, Code.NOT_FOUND: Close.NO_SUCH_ROOM}


class AdmissionRefused(Refused):
    """A refused handshake: the error's code and sentence, and the code with which the socket closes."""

    def __init__(self, code: Code, detail: str, close: int, retry_after: float | None = None):
        super().__init__(code, detail, retry_after)
        self.close = close


@dataclass(frozen=True, slots=True)
class Admission:
    """A person who was admitted to a room, and the data of the first frame."""

    person: Person
    credential: Credential
    room_id: int
    room: RoomOnWire
    head: Head
    read_seq: int
    standing: Standing
    floor_seq: int

    def resume_at(self, after: str | None) -> int | None:
        """Return the revision at which a connection with the cursor `after` goes on, or None if it cannot."""
        if after is None:
            return self.head.rev
        cursor = Cursor.parse(after)
        return cursor.rev if cursor and self.head.can_resume(cursor, settings.CHAT_RESUME_LIMIT) else None


def handshake(scope: dict[str, Any]) -> HttpRequest:
    """Return the request that opened a socket, so that Django parses its cookies, host and scheme."""
    scheme = {"ws": "http", "wss": "https"}.get(scope.get("scheme", "ws"), "http")
    return ASGIRequest({**scope, "type": "http", "method": "GET", "scheme": scheme}, BytesIO())


def check_origin(request: HttpRequest) -> None:
    """Refuse a page of another site, so that it cannot use this site's cookie.

    Scheme, host and port have to be this site's or in CSRF_TRUSTED_ORIGINS. A request without `Origin` is not a
    browser, and its cookie is ignored.
    """
    if origins.is_foreign(request):
        raise AdmissionRefused(Code.FORBIDDEN, "Connections from that origin are not allowed.", Close.FORBIDDEN)


def admit_all(requests: Sequence[tuple[HttpRequest, str]]) -> list[Admission | AdmissionRefused]:
    """Admit or refuse each (handshake, room's slug). The number of queries is the same for one and for thousands."""
    found = authenticate_all([handshake for handshake, _ in requests])
    known = [(*it, slug) for it, (_, slug) in zip(found, requests, strict=True) if isinstance(it, tuple)]
    admissions = iter(authorize(known) if known else ())  # no room is looked up for an unauthenticated request
    return [next(admissions) if isinstance(it, tuple) else it or _unauthenticated() for it in found]


def _unauthenticated() -> AdmissionRefused:
    return AdmissionRefused(Code.SIGNED_OUT, "Sign in or send a bearer token.", Close.UNAUTHENTICATED)


def authenticate_all(requests: Sequence[HttpRequest]) -> list[Identity | AdmissionRefused | None]:
    """Return the identity behind each handshake: a program's by its token, a browser's by its session.

    The caller has checked the origins.
    """
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
    """Refuse unless the room is public."""
    if not Room.objects.public().filter(slug=slug).exists():
        raise AdmissionRefused(Code.NOT_FOUND, NO_SUCH_ROOM, Close.NO_SUCH_ROOM)


def authorize(requests: Sequence[tuple[Person, Credential, str]]) -> list[Admission | AdmissionRefused]:
    """Admit each person to the room of that slug, or refuse."""
    epoch = Epoch.current()  # read before the heads: otherwise a log that is replaced in between goes unnoticed
    rooms = {room.slug: room for room in ROOMS_BY_SLUG.rows(slugs={slug for _, _, slug in requests})}
    people = {person.pk for person, _, _ in requests}
    rows = MEMBERSHIPS.rows(people=people, rooms={room.pk for room in rooms.values()})
    memberships = {(it.person_id, it.room_id): it for it in rows}
    conversations = Conversations.among(rooms.values())
    by_id = {person.pk: person for person, _, _ in requests}
    asked = JoinRequest.objects.of_rooms_moderated(rooms.values(), rows, by_id)
    return [_authorize(*request, epoch, rooms, memberships, conversations, asked) for request in requests]


def _authorize(
    person: Person,
    credential: Credential,
    slug: str,
    epoch: str,
    rooms: Mapping[str, Room],
    memberships: Mapping[tuple[int, int], Membership],
    conversations: Conversations,
    asked: Mapping[int, int],
) -> Admission | AdmissionRefused:
    room = rooms.get(slug)
    if not credential.allows(Scope.READ):
        return AdmissionRefused(Code.FORBIDDEN, NOT_IN_SCOPE, Close.FORBIDDEN)
    if room is not None and not credential.works_in(room.pk):
        room = None
    membership = memberships.get((person.pk, room.pk)) if room else None
    try:
        found = permissions.check_access(room, membership)
    except ActionError as refusal:
        return AdmissionRefused(refusal.code, refusal.detail, REFUSED_WITH[refusal.code])
    assert room is not None
    head = Head(epoch, room.pk, room.head.seq, room.head.rev, room.head.floor_rev)
    read_seq = membership.read_seq if membership else 0
    unread = max(0, head.seq - max(read_seq, found.floor_seq)) if found.is_member else 0
    on_wire = serializers.room(room, unread=unread)
    standing = serializers.room_status(room, person, membership, conversations, asked)
    if here := conversations.people.get(room.direct_key or ""):
        people = [serializers.person(it) for it in direct_rooms.others(here, person.pk)]
        on_wire = structs.replace(on_wire, name=standing.name, people=people)
    return Admission(person, credential, room.pk, on_wire, head, read_seq, standing, found.floor_seq)


_ROOMS, _PEOPLE = ParamList("rooms", Room._meta.pk), ParamList("people", Person._meta.pk)
ROOMS_BY_SLUG = CompiledQuery(
    lambda: Room.objects.with_head().filter(slug__in=ParamList("slugs", Room._meta.get_field("slug")))
)
MEMBERSHIPS = CompiledQuery(lambda: Membership.objects.filter(person__in=_PEOPLE, room__in=_ROOMS))
# The queries below check everyone who is connected, every few seconds. They have to stay cheap for ten thousand people.
PEOPLE_BY_ID = CompiledQuery(lambda: Person.objects.filter(pk__in=_PEOPLE).defer("last_login", "date_joined"))
# Memberships that decide about access or status: all of rooms that are not public, and those with a ban, role or mute.
DECISIVE_MEMBERSHIPS = CompiledQuery(
    lambda: Membership.objects.filter(
        Q(room__in=ParamList("closed", Room._meta.pk))
        | ~Q(banned_at=None)
        | ~Q(role=Membership.Role.MEMBER)
        | Q(muted_until__gt=Param("now", Membership._meta.get_field("muted_until"))),
        room__in=_ROOMS,
        person__in=_PEOPLE,
    )
)
PLAIN_MEMBER = Membership()
ROOMS_BY_ID = CompiledQuery(lambda: Room.objects.filter(pk__in=_ROOMS))


class CurrentAccess(NamedTuple):
    """The current access of open connections. Pairs are (room id, person id)."""

    people: dict[int, Person]
    revoked: set[Credential]
    without_access: set[tuple[int, int]]
    statuses: dict[tuple[int, int], Standing]


def check_all(credentials: Collection[Credential], pairs: Collection[tuple[int, int]]) -> CurrentAccess:
    """Read the people, revoked credentials and access of open connections. Takes a fixed number of queries."""
    found = people({person_id for _, person_id in pairs})
    revoked = authentication.revoked(credentials, found)
    return CurrentAccess(found, revoked, *room_statuses(pairs, found))


def people(ids: Iterable[int]) -> dict[int, Person]:
    """Return the people of these ids by id, read anew."""
    return {person.pk: person for person in PEOPLE_BY_ID.rows(people=ids)}


def room_statuses(
    pairs: Collection[tuple[int, int]], people: Mapping[int, Person]
) -> tuple[set[tuple[int, int]], dict[tuple[int, int], Standing]]:
    """Return the (room id, person id) that have no access any more, and the status of each person in the room.

    A pair whose room was deleted is in neither. Memberships that decide nothing here are not read. Without one, the
    status is that of a plain member, which the person may not be. Takes two queries, two more for direct conversations,
    one for moderators of private rooms, and those for the permissions of staff.
    """
    rooms, memberships = _decisive_rows(pairs)
    conversations = Conversations.among(rooms.values())
    asked = JoinRequest.objects.of_rooms_moderated(rooms.values(), memberships.values(), people)
    without_access: set[tuple[int, int]] = set()
    statuses: dict[tuple[int, int], Standing] = {}
    for room_id, person_id in set(pairs):
        room, person, membership = rooms.get(room_id), people.get(person_id), memberships.get((room_id, person_id))
        if room is not None and RoomAccess.of(room, membership) is None:
            without_access.add((room_id, person_id))
        elif room is not None and person is not None:
            known = membership or PLAIN_MEMBER
            statuses[room_id, person_id] = serializers.room_status(room, person, known, conversations, asked)
    return without_access, statuses


def without_access(pairs: Collection[tuple[int, int]]) -> tuple[dict[int, Room], set[tuple[int, int]]]:
    """Return the rooms that exist, by id, and the (room id, person id) that have no access. Takes two queries."""
    rooms, memberships = _decisive_rows(pairs)
    found = {(room_id, person_id) for room_id, person_id in pairs if room_id not in rooms}
    for room_id, person_id in set(pairs) - found:
        membership = memberships.get((room_id, person_id))
        if RoomAccess.of(rooms[room_id], membership) is None:
            found.add((room_id, person_id))
    return rooms, found


def _decisive_rows(
    pairs: Collection[tuple[int, int]],
) -> tuple[dict[int, Room], dict[tuple[int, int], Membership]]:
    """Return the rooms by id, and the memberships that decide about access or status. Takes two queries."""
    rooms = {room.pk: room for room in ROOMS_BY_ID.rows(rooms={room_id for room_id, _ in pairs})}
    closed = [room.pk for room in rooms.values() if room.visibility != Room.Visibility.PUBLIC]
    rows = DECISIVE_MEMBERSHIPS.rows(
        now=timezone.now(), closed=closed, rooms=rooms, people={person_id for _, person_id in pairs}
    )
    return rooms, {(it.room_id, it.person_id): it for it in rows}

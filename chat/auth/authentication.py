"""Authentication of requests by session cookie or bearer token. Nothing is written.

`channels.auth` is not used. It ignores SECRET_KEY_FALLBACKS, and flushes a session whose person it does not find.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from chat.auth import login_throttle
from chat.auth.login_throttle import TooManyAttempts
from chat.db.compiled_queries import CompiledQuery, Param, ParamList
from chat.errors import NO_SUCH_ROOM, NOT_IN_ROOM, NOT_IN_SCOPE, ActionError
from chat.models import Person, Room, Session, Token
from chat.models.session_keys import ids_by_id, ids_by_key
from chat.protocol import Code, Scope


@dataclass(frozen=True, slots=True)
class Credential:
    """The session or token of a connection. It is valid while that exists and the password is the same."""

    person_id: int
    password_mark: str
    session_id: str | None = None  # the row's id, a digest from which the key cannot be derived
    token_id: int | None = None
    # Whether this use has to be recorded.
    is_last_used_stale: bool = field(default=False, compare=False)
    # What the token may be used for, and the only room in which it works. None does not limit it.
    scopes: frozenset[Scope] | None = field(default=None, compare=False)
    room_id: int | None = field(default=None, compare=False)

    def allows(self, scope: Scope | None) -> bool:
        """Return whether it may be used for something of this scope. One with scopes never is for what has none."""
        return self.scopes is None or scope in self.scopes

    def works_in(self, room_id: int) -> bool:
        return self.room_id is None or self.room_id == room_id


Identity = tuple[Person, Credential]

# Under this name, the data of a session has the digest of the push subscription of its browser.
PUSH_SESSION_KEY = "push"


class PersonBackend(ModelBackend):
    """Django's backend, with a compiled query for the person of a session.

    Every page reads that person. Django builds the query each time, which takes five times as long as running it.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        """Let a pending account pass, so that `login_throttle.sign_in` can say why it refuses. A bot never signs in."""
        return not user.is_bot and (super().user_can_authenticate(user) or user.pending_since is not None)

    def get_user(self, user_id: int) -> Person | None:
        return next(iter(ACTIVE_PEOPLE.rows(ids=[user_id])), None)


def from_token(request: HttpRequest) -> Identity | None:
    """Return the person of an `Authorization: Bearer` header. Raise TooManyAttempts after too many invalid tokens."""
    [found] = from_tokens([request])
    if isinstance(found, TooManyAttempts):
        raise found
    return found


def from_tokens(requests: Sequence[HttpRequest]) -> list[Identity | TooManyAttempts | None]:
    """Return the person of each request's bearer token. One query for all."""
    digests = [_digest(request) for request in requests]
    tokens = {it.digest: it for it in TOKENS_BY_DIGEST.rows(digests=set(digests), now=timezone.now())}
    return [_by_token(request, digest, tokens) for request, digest in zip(requests, digests, strict=True)]


def from_sessions(requests: Sequence[HttpRequest]) -> list[Identity | None]:
    """Return the person of each request's session cookie, if the session was made with their current password.

    Two queries for all.
    """
    possible_ids = [ids_by_key(request.COOKIES.get(settings.SESSION_COOKIE_NAME)) for request in requests]
    rows = SESSIONS_BY_KEY.rows(keys=set(chain.from_iterable(possible_ids)), now=timezone.now())
    sessions = {row.pk: row.get_decoded() for row in rows}
    ids = {int(it[SESSION_KEY]) for it in sessions.values() if SESSION_KEY in it}
    people = {person.pk: person for person in ACTIVE_PEOPLE.rows(ids=ids)} if ids else {}
    found = [next((session_id for session_id in each if session_id in sessions), None) for each in possible_ids]
    return [_by_session(it, sessions[it], people) if it else None for it in found]


def check_limits(credential: Credential, scope: Scope | None, slug: str | None) -> None:
    """Refuse an operation that is not within the limits of a token. `slug` is that of its room, if it is about one.

    Files belong to no room until they are posted.
    """
    if not credential.allows(scope):
        raise ActionError(Code.FORBIDDEN, NOT_IN_SCOPE)
    if credential.room_id is not None and slug is not None:
        if not Room.objects.filter(pk=credential.room_id, slug=slug).exists():
            raise ActionError(Code.NOT_FOUND, NO_SUCH_ROOM)
    elif credential.room_id is not None and scope is not Scope.FILES:
        raise ActionError(Code.FORBIDDEN, NOT_IN_ROOM)


def by_ids(person_id: int, session: str | None, token_id: int | None) -> Credential | None:
    """Return the credential of an earlier request, if it is still valid. `session` is the digest of the session's key.

    A worker of the previous release may have stored the key itself, so all sessions of the person are compared.
    """
    if token_id is not None:
        token = Token.objects.valid().filter(pk=token_id, person=person_id).first()
        return _credential_of(token) if token else None
    people = {person.pk: person for person in ACTIVE_PEOPLE.rows(ids=[person_id])}
    for row in Session.objects.alive().filter(person__in=people):
        if ids_by_id(row.pk)[0] == session and (found := _by_session(row.pk, row.get_decoded(), people)):
            return found[1]
    return None


def _digest(request: HttpRequest) -> str:
    scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    return Token.digest_of(secret.strip()) if scheme.lower() == "bearer" else ""


def _by_token(request: HttpRequest, digest: str, tokens: Mapping[str, Token]) -> Identity | TooManyAttempts | None:
    if not digest:
        return None
    try:
        token = login_throttle.check_token(request, digest, lambda: tokens.get(digest))
    except TooManyAttempts as refusal:
        return refusal
    if token is None:
        return None
    return token.person, _credential_of(token)


def _credential_of(token: Token) -> Credential:
    is_stale = token.is_last_used_stale(timezone.now())
    return Credential(token.person_id, "", None, token.pk, is_stale, token.allowed, token.room_id)


def _by_session(session_id: str, session: Mapping[str, Any], people: Mapping[int, Person]) -> Identity | None:
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    person = people.get(int(session.get(SESSION_KEY, 0)))
    if person is None or not _has_password_of(person, session):
        return None
    return person, Credential(person.pk, _password_marks(person)[0], session_id=session_id)


def _has_password_of(person: Person, session: Mapping[str, Any]) -> bool:
    """Return whether the session was made with the person's current password."""
    mark = session.get(HASH_SESSION_KEY, "")
    return any(constant_time_compare(mark, it) for it in _password_marks(person))


def subscribed_sessions(person: Person) -> set[str]:
    """Return the digests of the push subscriptions that belong to sessions in which the person is signed in.

    The data of a session names its subscription. So one that ends in whatever way ends the pushes as well. One query.
    """
    return _subscribed(it for it in _own_sessions(person) if person.is_active and _has_password_of(person, it))


def subscriptions_left(person: Person) -> set[str]:
    """Return the same for all sessions that have not ended, also the one that gets the mark of a new password next."""
    return _subscribed(_own_sessions(person))


def _own_sessions(person: Person) -> Iterator[Mapping[str, Any]]:
    sessions = (row.get_decoded() for row in person.sessions.alive())
    return (it for it in sessions if it.get(SESSION_KEY) == str(person.pk))


def _subscribed(sessions: Iterable[Mapping[str, Any]]) -> set[str]:
    return {digest for it in sessions if (digest := it.get(PUSH_SESSION_KEY))}


def _password_marks(person: Person) -> list[str]:
    """Return the hashes that a session made with the current password may hold, one for each secret key in use."""
    return [person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()]


def _live_sessions() -> "QuerySet[Session]":
    """Return the sessions with the ids `keys` that have not expired at `now`."""
    expire_date = Param("now", Session._meta.get_field("expire_date"))
    return Session.objects.filter(pk__in=ParamList("keys", Session._meta.pk), expire_date__gt=expire_date)


SESSIONS_BY_KEY = CompiledQuery(_live_sessions)
LIVE_SESSION_IDS = CompiledQuery(lambda: _live_sessions().values_list("pk"))
ACTIVE_PEOPLE = CompiledQuery(lambda: Person.objects.active().filter(pk__in=ParamList("ids", Person._meta.pk)))
_NOW = Param("now", Token._meta.get_field("expires_at"))
TOKENS_BY_DIGEST = CompiledQuery(
    lambda: (
        Token.objects.valid(_NOW)
        .filter(digest__in=ParamList("digests", Token._meta.get_field("digest")))
        .select_related("person")
    )
)
VALID_TOKEN_IDS = CompiledQuery(
    lambda: Token.objects.valid(_NOW).filter(pk__in=ParamList("ids", Token._meta.pk)).values_list("pk")
)


def revoked(credentials: Iterable[Credential], people: Mapping[int, Person] | None = None) -> set[Credential]:
    """Return the credentials that are not valid any more.

    Three queries for all. `people`, by id, saves one of them if they have just been read.
    """
    credentials = set(credentials)
    sessions = {it for credential in credentials if credential.session_id for it in ids_by_id(credential.session_id)}
    tokens = [credential.token_id for credential in credentials if credential.token_id]
    if people is None:
        people = Person.objects.in_bulk([credential.person_id for credential in credentials])
    now = timezone.now()
    live_sessions = {key for (key,) in LIVE_SESSION_IDS.rows(keys=sessions, now=now)} if sessions else set()
    live_tokens = {pk for (pk,) in VALID_TOKEN_IDS.rows(ids=tokens, now=now)} if tokens else set()

    def is_valid(credential: Credential) -> bool:
        person = people.get(credential.person_id)
        if person is None or not person.is_active:
            return False
        if credential.token_id is not None:
            return credential.token_id in live_tokens
        return not live_sessions.isdisjoint(ids_by_id(credential.session_id or "")) and any(
            constant_time_compare(mark, credential.password_mark) for mark in _password_marks(person)
        )

    return {credential for credential in credentials if not is_valid(credential)}

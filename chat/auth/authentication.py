"""Who is speaking: the session cookie of a browser or the bearer token of a program, read without writing anything.

`channels.auth` is not used: it ignores SECRET_KEY_FALLBACKS and flushes the session of whoever it does not know.
"""

from collections.abc import Iterable, Mapping, Sequence
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
from chat.models import Person, Session, Token
from chat.models.session_keys import ids_by_id, ids_by_key


@dataclass(frozen=True, slots=True)
class Credential:
    """What a connection came in with. It stays good while the session or token exists and the password is the same."""

    person_id: int
    password_mark: str
    session_id: str | None = None  # of the row: a digest, from which nobody can tell the key
    token_id: int | None = None
    # Whether this use of it is worth noting.
    is_last_used_stale: bool = field(default=False, compare=False)


Identity = tuple[Person, Credential]


class PersonBackend(ModelBackend):
    """Django's backend, with a compiled query for the person of a session.

    Every page reads that person. Django builds the query each time, which takes five times as long as running it.
    """

    def get_user(self, user_id: int) -> Person | None:
        return next(iter(ACTIVE.rows(ids=[user_id])), None)


def from_token(request: HttpRequest) -> Identity | None:
    """The person an `Authorization: Bearer` header speaks for. TooManyGuesses where too many were wrong before."""
    [found] = from_tokens([request])
    if isinstance(found, TooManyAttempts):
        raise found
    return found


def from_tokens(requests: Sequence[HttpRequest]) -> list[Identity | TooManyAttempts | None]:
    """The person each of these speaks for. One query, however many there are."""
    digests = [_digest(request) for request in requests]
    tokens = {it.digest: it for it in BY_DIGEST.rows(digests=set(digests))}
    return [_by_token(request, digest, tokens) for request, digest in zip(requests, digests, strict=True)]


def from_sessions(requests: Sequence[HttpRequest]) -> list[Identity | None]:
    """The person signed in by each session cookie, if the session was made with their present password. Two queries,
    however many there are."""
    possible = [ids_by_key(request.COOKIES.get(settings.SESSION_COOKIE_NAME)) for request in requests]
    rows = BY_KEY.rows(keys=set(chain.from_iterable(possible)), now=timezone.now())
    sessions = {row.pk: row.get_decoded() for row in rows}
    ids = {int(it[SESSION_KEY]) for it in sessions.values() if SESSION_KEY in it}
    people = {person.pk: person for person in ACTIVE.rows(ids=ids)} if ids else {}
    found = [next((session_id for session_id in each if session_id in sessions), None) for each in possible]
    return [_by_session(it, sessions[it], people) if it else None for it in found]


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
    is_last_used_stale = token.is_last_used_stale(timezone.now())
    return token.person, Credential(token.person_id, "", token_id=token.pk, is_last_used_stale=is_last_used_stale)


def _by_session(session_id: str, session: Mapping[str, Any], people: Mapping[int, Person]) -> Identity | None:
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    person = people.get(int(session.get(SESSION_KEY, 0)))
    if person is None:
        return None
    marks = _password_marks(person)
    if not any(constant_time_compare(session.get(HASH_SESSION_KEY, ""), mark) for mark in marks):
        return None
    return person, Credential(person.pk, marks[0], session_id=session_id)


def _password_marks(person: Person) -> list[str]:
    """What a session made with the person's present password holds: by the secret key, and by those it has replaced."""
    return [person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()]


def _alive() -> "QuerySet[Session]":
    """Of `keys`, at the moment `now`."""
    expire_date = Param("now", Session._meta.get_field("expire_date"))
    return Session.objects.filter(pk__in=ParamList("keys", Session._meta.pk), expire_date__gt=expire_date)


BY_KEY = CompiledQuery(_alive)
ALIVE = CompiledQuery(lambda: _alive().values_list("pk"))
ACTIVE = CompiledQuery(lambda: Person.objects.active().filter(pk__in=ParamList("ids", Person._meta.pk)))
BY_DIGEST = CompiledQuery(
    lambda: (
        Token.objects.valid()
        .filter(digest__in=ParamList("digests", Token._meta.get_field("digest")))
        .select_related("person")
    )
)
VALID = CompiledQuery(lambda: Token.objects.valid().filter(pk__in=ParamList("ids", Token._meta.pk)).values_list("pk"))


def revoked(credentials: Iterable[Credential], people: Mapping[int, Person] | None = None) -> set[Credential]:
    """Those of `credentials` that are good no more. Three queries, however many there are; `people` by their ids saves
    one where they have just been read."""
    credentials = set(credentials)
    sessions = {it for credential in credentials if credential.session_id for it in ids_by_id(credential.session_id)}
    tokens = [credential.token_id for credential in credentials if credential.token_id]
    if people is None:
        people = Person.objects.in_bulk([credential.person_id for credential in credentials])
    live_sessions = {key for (key,) in ALIVE.rows(keys=sessions, now=timezone.now())} if sessions else set()
    live_tokens = {pk for (pk,) in VALID.rows(ids=tokens)} if tokens else set()

    def is_good(credential: Credential) -> bool:
        person = people.get(credential.person_id)
        if person is None or not person.is_active:
            return False
        if credential.token_id is not None:
            return credential.token_id in live_tokens
        return not live_sessions.isdisjoint(ids_by_id(credential.session_id or "")) and any(
            constant_time_compare(mark, credential.password_mark) for mark in _password_marks(person)
        )

    return {credential for credential in credentials if not is_good(credential)}

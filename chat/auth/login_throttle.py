"""Guessing passwords and tokens: how often somebody may be wrong before they wait, and for whom they then wait.

Nobody is locked out by a stranger who knows no more than their name. Whoever guesses waits by name and address. Whoever
has many addresses is slowed by the name, but not in a browser in which this person has signed in before (OWASP, "Slow
Down Online Guessing Attacks with Device Cookies"), and not behind a link that sets a forgotten password. A name that
nobody has is counted as one that somebody has.

django-axes is not used: it writes a row for each failure, which a flood makes the database's one writer do, and knows
neither tokens nor sockets nor the forms that ask who is signed in for their password.
"""

import contextlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from chat.auth import password_hashing
from chat.errors import Code, Refused
from chat.models import Person
from chat.rate_limits import limits
from chat.rate_limits.token_bucket import BucketKey, Buckets
from chat.text import cleaning

COOKIE = "known"
COOKIE_SECONDS = 60 * 60 * 24 * 365
_SALT = "chat.known"
# People whom one browser is known to.
MAX_KNOWN = 5
MAX_TOKENS_REMEMBERED = 10_000

T = TypeVar("T")
Throttle = tuple[Callable[[], Buckets], BucketKey]


class TooManyAttempts(Refused):
    """Why nothing was tried: a sentence, and the seconds until it may be."""

    def __init__(self, detail: str, retry_after: float):
        super().__init__(Code.RATE_LIMITED, f"{detail} Try again in {in_words(retry_after)}.", retry_after)


@sensitive_variables()
def sign_in(request: HttpRequest, name: str, password: str) -> Person | None:
    """Whose name and password these are, if anybody's. TooManyGuesses where it has to wait whether they are."""
    address = address_of(request)
    if wait := limits.sign_ins().take(address):
        raise TooManyAttempts("Too many sign-ins from your network.", wait)
    if len(name) > cleaning.TYPED_NAME_MAX_LENGTH or len(password) > password_hashing.MAX_PASSWORD_LENGTH:
        return None  # nobody's, and not worth a hash
    handle = cleaning.fold(name)
    with _guessing(_places(request, handle, address)) as was_right:
        person = authenticate(request, username=name, password=password)
        if isinstance(person, Person):
            was_right()
            return person
    return None


def _places(request: HttpRequest, handle: str, address: str) -> list[Throttle]:
    """Return where a guess at this name counts. All browsers in which a person has signed in share one total."""
    if known := _known(request, handle):
        person_id, device = known
        return [(limits.wrong_here, limits.joined(person_id, device)), (limits.wrong_known, person_id)]
    return [(limits.wrong_here, limits.joined(handle, address)), (limits.wrong_anywhere, handle)]


@sensitive_variables()
def confirm(person: Person, password: str) -> bool:
    """Whether it is their password. Who sits at their screen does not find it out by trying."""
    with _guessing([(limits.wrong_here, limits.joined("own", person.pk))]) as was_right:
        if len(password) <= password_hashing.MAX_PASSWORD_LENGTH and person.check_password(password):
            was_right()
            return True
    return False


@contextlib.contextmanager
def _guessing(places: list[Throttle]) -> Iterator[Callable[[], None]]:
    """What is within counts as wrong at all `places`, unless it says otherwise. It counts from its start: many at the
    same time are as many guesses."""
    for index, (buckets, key) in enumerate(places):
        if wait := buckets().take(key):
            _give_back(places[:index])
            raise TooManyAttempts(_REASONS[buckets], wait)
    yield lambda: _give_back(places)


def _give_back(places: list[Throttle]) -> None:
    for buckets, key in places:
        buckets().give_back(key)


_REASONS = {
    limits.wrong_here: "Too many failed attempts.",
    limits.wrong_known: "Too many failed attempts in browsers you’ve signed in with before.",
    limits.wrong_anywhere: "Too many failed attempts. Use a browser you’ve signed in with before, or reset your "
    "password by email.",
}


def address_of(request: HttpRequest) -> str:
    """What counts as the address that a request came from."""
    return limits.network_of(request.META.get("REMOTE_ADDR") or "")


def in_words(seconds: float) -> str:
    """How long somebody waits, rounded up."""
    number, unit = (-int(-seconds // 60), "minute") if seconds > 90 else (max(-int(-seconds // 1), 1), "second")
    return f"{number} {unit}{'' if number == 1 else 's'}"


# ---- Browsers in which somebody has signed in


def remember(request: HttpRequest, response: HttpResponseBase, person: Person) -> None:
    """Have the browser show from now on that `person` has signed in there."""
    nonce, known = _read(request) or (secrets.token_hex(8), [])
    mark = _mark(person.pk)
    marks = [mark, *(it for it in known if it != mark)][:MAX_KNOWN]
    response.set_signed_cookie(
        COOKIE,
        ":".join([nonce, *marks]),
        salt=_SALT,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest, handle: str) -> tuple[int, str] | None:
    """Return the id of the person who has this name now, and what names the browser, if they have signed in there.

    Somebody who had the name before is another person, whose browsers are not known.
    """
    nonce, marks = _read(request) or ("", [])
    person_id = Person.objects.filter(handle=handle).values_list("pk", flat=True).first() if marks else None
    return (person_id, nonce) if person_id is not None and _mark(person_id) in marks else None


def _read(request: HttpRequest) -> tuple[str, list[str]] | None:
    value = request.get_signed_cookie(COOKIE, default="", salt=_SALT, max_age=COOKIE_SECONDS)
    if not value:
        return None
    nonce, *marks = value.split(":")
    return nonce, marks


def _mark(person_id: int) -> str:
    return salted_hmac(_SALT, f"person {person_id}").hexdigest()[:24]


# ---- Tokens


class KnownTokens:
    """Digests of tokens that were good in this process lately: a program with a wrong one does not shut out the others
    at its address."""

    def __init__(self) -> None:
        self._digests: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, digest: str) -> None:
        with self._lock:
            self._digests[digest] = None
            self._digests.move_to_end(digest)
            if len(self._digests) > MAX_TOKENS_REMEMBERED:
                self._digests.popitem(last=False)

    def __contains__(self, digest: str) -> bool:
        return digest in self._digests


_known_tokens = KnownTokens()


def check_token(request: HttpRequest, digest: str, find: Callable[[], T | None]) -> T | None:
    """What `find` makes of a token. TooManyGuesses at an address with too many wrong ones; those seen are let by."""
    if digest in _known_tokens:
        return find()
    address = address_of(request)
    if wait := limits.wrong_tokens().take(address):
        raise TooManyAttempts("Too many invalid tokens from your network.", wait)
    found = find()
    if found is not None:
        limits.wrong_tokens().give_back(address)
        _known_tokens.add(digest)
    return found

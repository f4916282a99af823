"""Login throttle: the limit on failed attempts with passwords and tokens.

Someone who knows only a person's name cannot lock them out. Failures count by name and address. Failures from many
addresses also count by name. That second limit does not apply to links that reset a password, or to browsers in which
the person has signed in before. OWASP describes this in "Slow Down Online Guessing Attacks with Device Cookies". Names
without an account count in the same way as names with one.

django-axes is not used. It writes a row for each failure, so a flood of attempts would occupy SQLite's only writer. It
covers neither tokens, nor WebSockets, nor forms that ask signed-in people for their password.
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
from chat.errors import ActionError, Code, Refused
from chat.models import Person
from chat.rate_limits import limits
from chat.rate_limits.token_bucket import BucketKey, Buckets
from chat.text import cleaning

COOKIE = "known"
COOKIE_SECONDS = 60 * 60 * 24 * 365
_SALT = "chat.known"
# People whose sign-in one browser remembers.
MAX_KNOWN = 5
MAX_TOKENS_REMEMBERED = 10_000

T = TypeVar("T")
Throttle = tuple[Callable[[], Buckets], BucketKey]


WAITING = "Your account hasn’t been approved yet. Try again later, or ask the people who run this site."


class TooManyAttempts(Refused):
    """An attempt that was refused without a check. It has a sentence and the seconds until the next attempt."""

    def __init__(self, detail: str, retry_after: float):
        super().__init__(Code.RATE_LIMITED, f"{detail} Try again in {in_words(retry_after)}.", retry_after)


@sensitive_variables()
def sign_in(request: HttpRequest, name: str, password: str) -> Person | None:
    """Return the person with this name and password, or None.

    Raise TooManyAttempts if the attempt has to wait, and ActionError if the account waits to be approved.
    """
    address = address_of(request)
    if wait := limits.sign_ins().take(address):
        raise TooManyAttempts("Too many sign-ins from your network.", wait)
    if len(name) > cleaning.TYPED_NAME_MAX_LENGTH or len(password) > password_hashing.MAX_PASSWORD_LENGTH:
        return None  # no account has these, so no hash is computed
    handle = cleaning.fold(name)
    with _counted_as_failed(_throttles(request, handle, address)) as succeeded:
        person = authenticate(request, username=name, password=password)
        if isinstance(person, Person):
            succeeded()
            if person.pending_since is not None:
                raise ActionError(Code.FORBIDDEN, WAITING)
            return person
    return None


def _throttles(request: HttpRequest, handle: str, address: str) -> list[Throttle]:
    """Return the buckets that an attempt with this name counts in. A person's known browsers share one of them."""
    if known := _known(request, handle):
        person_id, device = known
        return [(limits.failures_by_source, limits.joined(person_id, device)), (limits.failures_by_person, person_id)]
    return [(limits.failures_by_source, limits.joined(handle, address)), (limits.failures_by_name, handle)]


@sensitive_variables()
def confirm(person: Person, password: str) -> bool:
    """Return whether this is a signed-in person's password. Throttled too, since someone else may use the device."""
    with _counted_as_failed([(limits.failures_by_source, limits.joined("own", person.pk))]) as succeeded:
        if len(password) <= password_hashing.MAX_PASSWORD_LENGTH and person.check_password(password):
            succeeded()
            return True
    return False


def confirm_setup_code(request: HttpRequest, is_right: Callable[[], bool]) -> None:
    """Refuse a wrong set-up code. Attempts count like passwords, by address only: too long to be guessed, the code
    needs no limit that could stop the operator.
    """
    address = address_of(request)
    if wait := limits.sign_ins().take(address):
        raise TooManyAttempts("Too many attempts from your network.", wait)
    with _counted_as_failed([(limits.failures_by_source, limits.joined("setup", address))]) as succeeded:
        if not is_right():
            raise ActionError(Code.FORBIDDEN, "That isn’t the set-up code. Look for it at the end of the server’s log.")
        succeeded()


@contextlib.contextmanager
def _counted_as_failed(throttles: list[Throttle]) -> Iterator[Callable[[], None]]:
    """Count an attempt as failed in all `throttles`, unless the yielded function is called.

    The attempt counts from its start, so that concurrent attempts cannot exceed the limit.
    """
    for index, (buckets, key) in enumerate(throttles):
        if wait := buckets().take(key):
            _give_back(throttles[:index])
            raise TooManyAttempts(_REASONS[buckets], wait)
    yield lambda: _give_back(throttles)


def _give_back(throttles: list[Throttle]) -> None:
    for buckets, key in throttles:
        buckets().give_back(key)


_REASONS = {
    limits.failures_by_source: "Too many failed attempts.",
    limits.failures_by_person: "Too many failed attempts in browsers you’ve signed in with before.",
    limits.failures_by_name: "Too many failed attempts. Use a browser you’ve signed in with before, or reset your "
    "password by email.",
}


def address_of(request: HttpRequest) -> str:
    """Return the network of the request's address, by which attempts are counted."""
    return limits.network_of(request.META.get("REMOTE_ADDR") or "")


def in_words(seconds: float) -> str:
    """Return a waiting time in words, rounded up."""
    number, unit = (-int(-seconds // 60), "minute") if seconds > 90 else (max(-int(-seconds // 1), 1), "second")
    return f"{number} {unit}{'' if number == 1 else 's'}"


# ---- Browsers in which people have signed in


def remember(request: HttpRequest, response: HttpResponseBase, person: Person) -> None:
    """Set the cookie by which this browser is recognised as one in which `person` has signed in."""
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
    """Return the person's id and the browser's nonce, if the person with this name has signed in here.

    The cookie holds marks made from ids, so a new owner of the name does not inherit the browsers of the previous one.
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
    """Digests of tokens that were recently valid in this process.

    These skip the throttle, so a program with an invalid token does not block other programs at its address.
    """

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
    """Return the result of `find`. Raise TooManyAttempts at an address with too many invalid tokens.

    Tokens that were recently valid are not throttled.
    """
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

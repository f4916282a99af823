"""How a request from outside becomes somebody on this site: whether it may, and where it goes on to."""

from typing import cast

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from chat.auth import login_throttle
from chat.errors import ActionError
from chat.models import Person, Room
from chat.protocol import Code
from chat.rate_limits import limits

LOBBY_SLUG = "lobby"


def person_of(request: HttpRequest) -> Person:
    """Who is signed in, in a view that nobody else reaches."""
    return cast(Person, request.user)


def admit_guest(request: HttpRequest) -> None:
    """Refuse where guests are not allowed, or when too many came from this address."""
    check_guests()
    admit_newcomer(request)


def check_guests() -> None:
    """Refuse where guests are not allowed."""
    if not settings.CHAT_GUESTS:
        raise ActionError(Code.FORBIDDEN, "Guests can’t join this site. Sign in or create an account.")


def admit_newcomer(request: HttpRequest) -> None:
    """Refuse when too many new people, guests or members, came from this address."""
    _check_wait(limits.guests().take(login_throttle.address_of(request)))


def check_newcomers(request: HttpRequest) -> None:
    """Refuse as `admit_newcomer` would, and count nobody."""
    _check_wait(limits.guests().wait(login_throttle.address_of(request)))


def _check_wait(wait: float) -> None:
    if wait:
        detail = "Too many sign-ups from your network. Try again in a moment."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)


def sign_in(request: HttpRequest, person: Person) -> None:
    """Tie the browser's session, under a new key, to `person`."""
    login(request, person)


def next_address(request: HttpRequest) -> str:
    """The address on this site that the request asks to go on to, or nothing.

    The site writes its addresses in ASCII. Another one is not parsed: Python would normalise what may be its host.
    """
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = address.isascii() and url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else ""


def destination(request: HttpRequest, person: Person) -> str:
    """Where somebody goes who has just come in: on, to the lobby, or home."""
    if address := next_address(request):
        return address
    if Room.objects.visible_to(person).filter(slug=LOBBY_SLUG).exists():
        return reverse("room", args=[LOBBY_SLUG])
    return reverse("home")

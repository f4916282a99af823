"""The rules for newcomers: who can join, as a guest or member, and how many from one address."""

from django.conf import settings
from django.http import HttpRequest

from chat.auth import login_throttle
from chat.errors import ActionError, Code
from chat.rate_limits import limits


def admit_guest(request: HttpRequest) -> None:
    """Count one more newcomer. Raise ActionError where guests are not allowed, or too many joined from this address."""
    check_guests()
    admit_newcomer(request)


def check_guests() -> None:
    """Raise ActionError where guests are not allowed."""
    if not settings.CHAT_GUESTS:
        raise ActionError(Code.FORBIDDEN, "Guests can’t join this site. Sign in or create an account.")


def admit_newcomer(request: HttpRequest) -> None:
    """Count one more newcomer. Raise ActionError when too many joined from this address."""
    _check_wait(limits.guests().take(login_throttle.address_of(request)))


def check_newcomers(request: HttpRequest) -> None:
    """Raise ActionError as `admit_newcomer` would, without counting."""
    _check_wait(limits.guests().wait(login_throttle.address_of(request)))


def _check_wait(wait: float) -> None:
    if wait:
        detail = "Too many sign-ups from your network. Try again in a moment."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)

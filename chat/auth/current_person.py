"""The person of a request, typed for views that only signed-in people reach."""

from typing import cast

from django.http import HttpRequest

from chat.models import Person


def person_of(request: HttpRequest) -> Person:
    """Return `request.user` as a Person. Use it only where signing in is required."""
    return cast(Person, request.user)

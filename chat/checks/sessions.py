"""Checks that people can sign out everywhere at once."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

JSON = "django.contrib.sessions.serializers.JSONSerializer"
ENGINE = "chat.models.sessions"


@register(Tags.security)
def check_sessions(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SESSION_ENGINE != ENGINE:
        message = (
            f"{settings.SESSION_ENGINE} does not store whose a session is. No one could see or end their sessions."
        )
        hint = f"Use {ENGINE}."
        found.append(Error(message, hint=hint, id="chat.E006"))
    if settings.SESSION_SERIALIZER != JSON:
        message = (
            f"{settings.SESSION_SERIALIZER} reads sessions. A serializer that creates objects can run stored code."
        )
        found.append(Warning(message, hint=f"Use {JSON}.", id="chat.W012"))
    return found

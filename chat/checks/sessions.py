"""Whether signing out, everywhere and at once, means what it says."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

JSON = "django.contrib.sessions.serializers.JSONSerializer"
ENGINE = "chat.models.sessions"


@register(Tags.security)
def check_sessions(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SESSION_ENGINE != ENGINE:
        message = f"{settings.SESSION_ENGINE} does not keep whose a session is, where connections look for theirs."
        hint = f"Use {ENGINE}: nobody could see or end where they are signed in."
        found.append(Error(message, hint=hint, id="chat.E006"))
    if settings.SESSION_SERIALIZER != JSON:
        message = f"Sessions are read by {settings.SESSION_SERIALIZER}: one that makes objects runs what is stored."
        found.append(Warning(message, hint=f"Use {JSON}.", id="chat.W012"))
    return found

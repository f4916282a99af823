"""Who is let in although nobody knows them."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security)
def check_hosts(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS takes every name: the links in mails, and what counts as this site's own page, are then up "
            "to whoever sends the request.",
            hint="Name the hosts people use. Probes need none: /healthz and /readyz answer to any.",
            id="chat.W007",
        )
    ]


@register(Tags.security, deploy=True)
def check_strangers(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.CHAT_GUESTS:
        message = "CHAT_GUESTS is on: everybody who reaches the site can write in its public rooms under any free name."
        if settings.CHAT_GUESTS_CREATE_ROOMS:
            message += " CHAT_GUESTS_CREATE_ROOMS is on: they can create rooms, too."
        hint = "Leave it off, or silence this where that is meant: SILENCED_SYSTEM_CHECKS."
        found.append(Warning(message, hint=hint, id="chat.W008"))
    if getattr(settings, "CHAT_PLAIN_CLIENTS", False):
        message = "CHAT_PLAIN_CLIENTS is on: a bare WebSocket with a name in its address is let in as a guest."
        hint = "Leave it off, or silence this where that is meant: SILENCED_SYSTEM_CHECKS."
        found.append(Warning(message, hint=hint, id="chat.W009"))
    return found

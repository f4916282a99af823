"""Checks of settings that admit unknown people and hosts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

INTENDED = "Turn it off. If it is intended, add this check to SILENCED_SYSTEM_CHECKS."


@register(Tags.security)
def check_hosts(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS allows every name. The sender of a request then decides where links in emails lead, and "
            "which pages count as the site's own.",
            hint="List the host names that people use. Probes need none: /healthz and /readyz answer for any name.",
            id="chat.W007",
        )
    ]


@register(Tags.security, deploy=True)
def check_strangers(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.CHAT_GUESTS:
        message = "CHAT_GUESTS is on. Anyone who can reach the site can post in public rooms under any free name."
        if settings.CHAT_GUESTS_CREATE_ROOMS:
            message += " CHAT_GUESTS_CREATE_ROOMS is on, so they can also create rooms."
        found.append(Warning(message, hint=INTENDED, id="chat.W008"))
    if getattr(settings, "CHAT_PLAIN_CLIENTS", False):
        message = "CHAT_PLAIN_CLIENTS is on. A plain WebSocket client joins as a guest with the name in its URL."
        found.append(Warning(message, hint=INTENDED, id="chat.W009"))
    return found

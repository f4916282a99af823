"""Checks of settings that admit unknown people and hosts."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

CONSOLE = "django.core.mail.backends.console.EmailBackend"
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


@register(Tags.security, deploy=True)
def check_mail(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or settings.EMAIL_BACKEND != CONSOLE:
        return []
    message = "Emails are only printed. No one gets a link to reset a password, or an email about missed messages."
    return [Warning(message, hint="Set EMAIL_URL to a mail server. See docs/email.md.", id="chat.W019")]


@register(Tags.security)
def check_sign_up(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    is_by_domain = settings.CHAT_SIGN_UP == "domain"
    if settings.CHAT_EMAIL_DOMAINS and not is_by_domain:
        message = f"CHAT_EMAIL_DOMAINS restricts nothing, because CHAT_SIGN_UP is {settings.CHAT_SIGN_UP}."
        hint = "Set CHAT_SIGN_UP=domain, or remove CHAT_EMAIL_DOMAINS."
        found.append(Warning(message, hint=hint, id="chat.W017"))
    if is_by_domain and not settings.DEBUG and settings.EMAIL_BACKEND == CONSOLE:
        message = "CHAT_SIGN_UP is domain, but emails are only printed. No one gets the link that creates an account."
        found.append(Warning(message, hint="Set EMAIL_URL to a mail server.", id="chat.W018"))
    return found

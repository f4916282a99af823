"""Checks of the proxies whose headers are trusted."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security)
def check_proxies(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.SECURE_PROXY_SSL_HEADER and not settings.HTTPS:
        message = "TRUST_FORWARDED_PROTO is on and HTTPS is off. A header can make a plain connection look like https."
        hint = "Set HTTPS=on if a proxy terminates TLS, otherwise TRUST_FORWARDED_PROTO=off."
        found.append(Warning(message, hint=hint, id="chat.W010"))
    if any(getattr(network, "prefixlen", None) == 0 for network in settings.TRUSTED_PROXIES):
        message = "TRUSTED_PROXIES contains every address. Anyone can choose the address that rate limits count."
        hint = "List only the addresses or networks of your proxies."
        found.append(Warning(message, hint=hint, id="chat.W011"))
    return found

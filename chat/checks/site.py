"""Check that the site knows its own address, for links."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security)
def check_site_url(**kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or settings.SITE_URL:
        return []
    return [
        Warning(
            "SITE_URL is not set. Links in emails, QR codes and invitations use the host that a request names.",
            hint="Set it to the URL that people use, such as SITE_URL=https://chat.example.org.",
            id="chat.W015",
        )
    ]

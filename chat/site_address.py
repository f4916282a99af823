"""The public address of the site, for links in mails, QR codes and invitations."""

import ipaddress

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port

USUAL_PORTS = ("", "80", "443")
DEVELOPMENT_ORIGIN = "http://localhost:8000"


def origin_of(request: HttpRequest) -> str:
    """Return scheme, host and port of the site: SITE_URL, or those of the request."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def origin() -> str:
    """Return the same without a request, for background work: SITE_URL, or the first host that ALLOWED_HOSTS names."""
    if settings.SITE_URL:
        return settings.SITE_URL
    named = [host for host in settings.ALLOWED_HOSTS if not host.startswith(("*", "."))]
    scheme = "https" if settings.SECURE_SSL_REDIRECT else "http"
    return f"{scheme}://{named[0]}" if named else DEVELOPMENT_ORIGIN


def check_port(request: HttpRequest) -> None:
    """Raise DisallowedHost for an unknown port in the Host header.

    Without SITE_URL this header decides where links lead, and ALLOWED_HOSTS checks only the name. Any port is allowed
    in development, and for loopback addresses, where a link stays on the machine.
    """
    if settings.DEBUG or settings.SITE_URL:
        return
    name, port = split_domain_port(request.get_host())
    if port not in USUAL_PORTS and (name, port) not in settings.SITE_PORTS and not _is_loopback(name):
        raise DisallowedHost(
            f"Invalid port in the Host header: {port}. Set SITE_URL, or add {name}:{port} to ALLOWED_HOSTS."
        )


def _is_loopback(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def webhook_url(request: HttpRequest, secret: str) -> str:
    """Return the address of an incoming webhook, at which programs post."""
    return f"{origin_of(request)}/api/hooks/{secret}/"

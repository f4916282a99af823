"""The address by which links lead to this site from outside: in mails, QR codes and invitations."""

import ipaddress

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port

USUAL_PORTS = ("", "80", "443")


def origin_of(request: HttpRequest) -> str:
    """Return scheme, host and port of the site: SITE_URL, or what the request came to."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def check_port(request: HttpRequest) -> None:
    """Raise DisallowedHost for a port in the Host header that the site does not know.

    Without SITE_URL the header decides where links lead, and ALLOWED_HOSTS looks at the name alone. Any port is taken
    in development, and on this machine, where a link leads nowhere else.
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

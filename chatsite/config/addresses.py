"""The host names and the URL of the site, from ALLOWED_HOSTS and SITE_URL, and the URL of the outgoing proxy.

An invalid value stops the start.
"""

import ipaddress
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port, validate_host

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS = {"http": 80, "https": 443}


def hosts_and_ports(values: list[str]) -> tuple[list[str], frozenset[tuple[str, str]]]:
    """Return the host names as Django takes them, and the (name, port) pairs of the entries with a port."""
    split = [split_domain_port(value) if value.rpartition(":")[2].isdigit() else (value, "") for value in values]
    return [name for name, _ in split], frozenset((name.lower(), port) for name, port in split if port)


def site_url(value: str, *, is_https: bool, allowed_hosts: list[str]) -> str:
    """Return SITE_URL as an origin without a trailing slash, or an empty string if it is not set."""
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"SITE_URL is {value!r}. It must be like https://chat.example.org.") from error
    is_origin = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in DEFAULT_PORTS or not host or not is_origin or not value.isascii():
        raise ImproperlyConfigured(
            f"SITE_URL is {value!r}. It must be a scheme and a host, and a port if it is not the usual one, like "
            "https://chat.example.org."
        )
    if is_https and parts.scheme != "https":
        raise ImproperlyConfigured(f"SITE_URL is {value!r}, but HTTPS is on. Use https://, or set HTTPS=off.")
    name = f"[{host}]" if ":" in host else host
    if allowed_hosts and not validate_host(name, allowed_hosts):
        raise ImproperlyConfigured(f"SITE_URL has the host {host}, which is not in ALLOWED_HOSTS. Add it there.")
    return f"{parts.scheme}://{name}" + (f":{port}" if port and port != DEFAULT_PORTS[parts.scheme] else "")


def outbound_proxy(value: str) -> str:
    """Return CHAT_OUTBOUND_PROXY, or an empty string if it is not set. The error does not show it: passwords."""
    try:
        parts = urlsplit(value)
        is_proxy = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_proxy = False
    if value and not is_proxy:
        raise ImproperlyConfigured("CHAT_OUTBOUND_PROXY must be like http://proxy.example.org:3128.")
    return value


def network(setting: str, name: str, other: str = "") -> Network:
    """Parse an address or a network in the value of a setting. `other` names what else may stand there."""
    try:
        return ipaddress.ip_network(name)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{setting} has {name!r}, which is not an address, a network such as 10.0.0.0/8{other}: {error}."
        ) from error

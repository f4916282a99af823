"""Who a request comes from behind a proxy: `X-Forwarded-For` and `X-Forwarded-Proto`, believed only from some.

The servers do the same each in its way: uvicorn for those in `--forwarded-allow-ips`, which is its own machine unless
told otherwise; Daphne with `--proxy-headers` for whoever connects, and so never with that option. This is for both.
"""

import ipaddress
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# How a proxy that connects over a Unix socket is named: it has no address.
UNIX = "unix"
SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Header = tuple[bytes, bytes]


def proxies(names: Iterable[str]) -> frozenset[Network | str]:
    """Addresses and networks, or `unix`, from TRUSTED_PROXIES."""
    return frozenset(name if name == UNIX else _network(name) for name in names)


def _network(name: str) -> Network:
    try:
        return ipaddress.ip_network(name)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES has {name!r}, but takes addresses, networks such as 10.0.0.0/8, and unix: {error}."
        ) from error


class TrustedProxies:
    """Lets `application` see the person's address and scheme; from anybody else the headers are taken away."""

    def __init__(self, application: Any, trusted: frozenset[Network | str]):
        self._application, self._trusted = application, trusted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            client = scope.get("client")
            scope = self._forwarded(scope) if self._trusts(client[0] if client else UNIX) else _plain(scope)
        await self._application(scope, receive, send)

    def _trusts(self, name: str) -> bool:
        address = _address(name)
        if address is None:
            return name == UNIX and UNIX in self._trusted
        return any(address in network for network in self._trusted if not isinstance(network, str))

    def _forwarded(self, scope: Any) -> Any:
        changed = dict(scope)
        if client := self._client(_values(scope["headers"], b"x-forwarded-for")):
            changed["client"] = (client, 0)
        scheme = ",".join(_values(scope["headers"], b"x-forwarded-proto"))
        if scheme in SCHEMES:
            changed["scheme"] = SCHEMES[scheme] if scope["type"] == "websocket" else scheme
        return changed

    def _client(self, hops: list[str]) -> str | None:
        """The last address that is no proxy of ours: everything before it is what that one says of itself."""
        nearest = None
        for hop in reversed(hops):
            address = _address(_without_port(hop))
            if address is None:
                break
            nearest = str(address)
            if not self._trusts(nearest):
                break
        return nearest


def _plain(scope: Any) -> Any:
    return {**scope, "headers": [header for header in scope["headers"] if not header[0].startswith(b"x-forwarded-")]}


def _values(headers: Iterable[Header], name: bytes) -> list[str]:
    """The comma-separated values of all headers of this name, in their order."""
    joined = ",".join(value.decode("latin-1") for key, value in headers if key == name)
    return [value.strip() for value in joined.split(",") if value.strip()]


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def _without_port(hop: str) -> str:
    """`[2001:db8::1]:443` and `192.0.2.7:443` as some proxies write them."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop

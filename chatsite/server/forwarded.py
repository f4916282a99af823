"""The client address and scheme behind a reverse proxy, from `X-Forwarded-For` and `X-Forwarded-Proto`.

Both servers have options for this, but they differ. uvicorn trusts the hosts in `--forwarded-allow-ips` (default: its
own machine). Daphne with `--proxy-headers` trusts every peer and must not be used with that option. This module serves
both.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Any

from chatsite.config.addresses import Network, network
from chatsite.server.requests import Header

# The name of a proxy that connects over a Unix socket, which has no address.
UNIX = "unix"
SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
PROTO = b"x-forwarded-proto"
# An address with or without a port: `192.0.2.7:4711`, `[2001:db8::7]:4711`, `2001:db8::7`.
HOP = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|([0-9.]+)(?::\d{1,5})?|([0-9A-Fa-f:.]+)")


def proxies(names: Iterable[str]) -> frozenset[Network | str]:
    """Parse TRUSTED_PROXIES: addresses, networks, or `unix`."""
    return frozenset(name if name == UNIX else network("TRUSTED_PROXIES", name, ", or unix") for name in names)


class TrustedProxies:
    """Give `application` the address and scheme of the client. Headers of an untrusted peer are removed.

    With `any_proto` the scheme is accepted from every peer (TRUST_FORWARDED_PROTO).
    """

    def __init__(self, application: Any, trusted: frozenset[Network | str], *, any_proto: bool = False):
        self._application, self._trusted, self._any_proto = application, trusted, any_proto

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            client = scope.get("client")
            is_proxy = self._trusts(client[0] if client else UNIX)
            scope = self._forwarded(scope) if is_proxy else _plain(scope, with_proto=self._any_proto)
        await self._application(scope, receive, send)

    def _trusts(self, name: str) -> bool:
        address = _address(name)
        if address is None:
            return name == UNIX and UNIX in self._trusted
        return any(address in network for network in self._trusted if not isinstance(network, str))

    def _forwarded(self, scope: Any) -> Any:
        changed = _with_scheme(scope)
        if client := self._client(_values(scope["headers"], b"x-forwarded-for")):
            changed["client"] = (client, 0)
        return changed

    def _client(self, hops: list[str]) -> str | None:
        """Return the last address that is not a trusted proxy. That client may have invented the entries before it."""
        nearest = None
        for hop in reversed(hops):
            found = HOP.fullmatch(hop)
            address = _address(found[1] or found[2] or found[3]) if found else None
            if address is None:
                break
            nearest = str(address)
            if not self._trusts(nearest):
                break
        return nearest


def _plain(scope: Any, *, with_proto: bool) -> Any:
    scope = _with_scheme(scope) if with_proto else scope
    kept = (PROTO,) if with_proto else ()
    headers = [it for it in scope["headers"] if it[0] in kept or not it[0].startswith(b"x-forwarded-")]
    return {**scope, "headers": headers}


def _with_scheme(scope: Any) -> dict[str, Any]:
    """Return the scope with the scheme of the last hop. Only that value of the header is kept, because Django would
    take the first (SECURE_PROXY_SSL_HEADER)."""
    changed = dict(scope)
    if values := _values(scope["headers"], PROTO):
        scheme = values[-1]
        changed["headers"] = [it for it in scope["headers"] if it[0] != PROTO]
        changed["headers"].append((PROTO, scheme.encode("latin-1")))
        if scheme in SCHEMES:
            changed["scheme"] = SCHEMES[scheme] if scope["type"] == "websocket" else scheme
    return changed


def _values(headers: Iterable[Header], name: bytes) -> list[str]:
    """Return the comma-separated values of all headers with this name, in order."""
    joined = ",".join(value.decode("latin-1") for key, value in headers if key == name)
    return [value.strip() for value in joined.split(",") if value.strip()]


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address

"""Requests to addresses that people give. No other module opens such connections.

Only HTTPS on port 443 of a public address, and for pages of link previews also HTTP on port 80. The name is resolved
once, and the connection goes to the address that was checked. A redirect is an answer like any other. The whole request
has a deadline, and the answer a size.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from chat.db.reconnect import give_back_connection

if TYPE_CHECKING:
    import requests

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = {"https": 443, "http": 80}
# The most bytes of an answer, and the seconds for the connection and the answer together.
MAX_ANSWER_BYTES = 64 * 1024
DEADLINE_SECONDS = 15.0
_PIECE_BYTES = 8 * 1024

# IPv6 addresses outside of this network are reserved, local, or contain IPv4 addresses.
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
# Special networks that Python does not call private, or not in all versions: translation to IPv4 (6to4), Teredo and
# other protocol assignments, documentation, relays.
_SPECIAL = [
    ipaddress.ip_network(it)
    for it in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]

# Of the request that a thread makes: the deadline on the monotonic clock, the networks of the operator that it may
# reach, and whether it may reach these only.
_current = threading.local()


class Forbidden(Exception):
    """The address is not one to which the site connects. No retry can help."""


class NoAnswer(Exception):
    """There was no complete answer. A retry may help. The message does not contain the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` is case-insensitive. `body` is as it was sent, because the request asks for no compression."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The limits of a request. `seconds` are for the connection and the answer together.

    With `media_types`, a body of any other type is not read. A body that is too long is cut if it may be, and refused
    otherwise. `schemes` are those to which the request may go. In `networks`, which only the operator of the site may
    name, it may go to any address and port, also by HTTP.
    """

    most_bytes: int = MAX_ANSWER_BYTES
    seconds: float = DEADLINE_SECONDS
    media_types: Collection[str] = ()
    may_cut: bool = False
    schemes: Collection[str] = ("https",)
    networks: Sequence[_Network] = ()


def delay_of(headers: Mapping[str, str], *, default: float, bounds: tuple[float, float]) -> float:
    """Return the seconds of the header `Retry-After`, a number or a date, within bounds. Without it, the default."""
    asked = headers.get("Retry-After", "")
    try:
        seconds = float(asked) if asked.isdigit() else (parsedate_to_datetime(asked) - timezone.now()).total_seconds()
    except (ValueError, TypeError):
        seconds = default
    return min(max(seconds, bounds[0]), bounds[1])


def is_public(address: _Address) -> bool:
    """Return whether this is an address that everyone on the Internet reaches."""
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return False
    if any(address in network for network in _SPECIAL if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_address(url: str, networks: Sequence[_Network] = ()) -> bool:
    """Return whether requests may go to a URL, as far as its form tells."""
    try:
        return _has_usual_form(url, RequestLimits().schemes) or bool(networks)
    except (Forbidden, ValueError):
        return False


def _may_reach(address: _Address) -> bool:
    """Return whether the request of this thread may go to an address."""
    if any(address in network for network in _current.networks):
        return True
    return is_public(address) and not _current.needs_network


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    limits: RequestLimits | None = None,
) -> Answer:
    """Send a request and return the answer, whatever its status.

    To resolve the name may take longer than the limit, up to that of the system's resolver.

    Raises:
        Forbidden: The URL or its address is not allowed.
        NoAnswer: There was no answer in time, or one that is too large or compressed.
    """
    give_back_connection()
    limits = limits or RequestLimits()
    _current.deadline = time.monotonic() + limits.seconds
    _current.networks = limits.networks
    errors = _library_errors()
    try:
        prepared = _prepared(method, url, headers or {}, body)
        _current.needs_network = not _has_usual_form(prepared.url or "", limits.schemes)
        if _current.needs_network and not limits.networks:
            raise Forbidden("Only https:// on port 443, or http:// on port 80.")
        return _send(prepared, limits)
    # Without the causes, whose messages have the URL: that may be a secret.
    except errors.forbidden:
        raise Forbidden("The site does not connect to this address.") from None
    except errors.unreachable as error:
        raise NoAnswer(f"The request failed: {type(error).__name__}.") from None


def _prepared(method: str, url: str, headers: Mapping[str, str], body: bytes) -> "requests.PreparedRequest":
    import requests  # takes 0.2 s and 19 MiB, so only in the process that sends

    ours = {"User-Agent": f"chatsite (+{settings.SITE_URL})", "Accept-Encoding": "identity"}
    return requests.Request(method, url, headers={**ours, **headers}, data=body).prepare()


def _has_usual_form(url: str, schemes: Collection[str]) -> bool:
    """Return whether this has one of the schemes on its usual port. Raise Forbidden if it is no address to go to.

    A proxy would resolve the name of an HTTP address again, so HTTP is not sent to one.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or (parts.scheme == "http" and settings.CHAT_OUTBOUND_PROXY):
        raise Forbidden("Only https://, or http:// without a proxy.")
    if not parts.hostname or "@" in parts.netloc:
        raise Forbidden("An address needs a host, and no name of a user.")
    return parts.scheme in schemes and (parts.port or PORTS[parts.scheme]) == PORTS[parts.scheme]


def _send(prepared: "requests.PreparedRequest", limits: RequestLimits) -> Answer:
    """Send with the adapter alone. A session would follow redirects, and keep cookies and settings of the machine."""
    proxies = {"https": settings.CHAT_OUTBOUND_PROXY} if settings.CHAT_OUTBOUND_PROXY else {}
    adapter = _adapter(urlsplit(prepared.url or "").scheme)
    with adapter.send(prepared, stream=True, timeout=limits.seconds, proxies=proxies) as response:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        body = _read(response, limits) if not limits.media_types or kind in limits.media_types else b""
        return Answer(response.status_code, response.headers, body)


def _read(response: "requests.Response", limits: RequestLimits) -> bytes:
    """Return the body. It is not decoded, so a small answer cannot become a large one."""
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise NoAnswer("The answer is compressed.")
    pieces, size = [], 0
    while piece := response.raw.read(_PIECE_BYTES, decode_content=False):
        pieces.append(piece)
        if (size := size + len(piece)) > limits.most_bytes:
            if limits.may_cut:
                break
            raise NoAnswer(f"The answer has more than {limits.most_bytes} bytes.")
        _seconds_left()
    return b"".join(pieces)[: limits.most_bytes]


def _seconds_left() -> float:
    """Return the seconds until the deadline of this thread's request. Raise TimeoutError after it."""
    left: float = _current.deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("The deadline has passed.")
    return left


class _TimedSocket(ssl.SSLSocket):
    """A TLS socket whose waits end at the deadline. A timeout by itself is for each wait: one byte would renew it."""

    def do_handshake(self, block: bool = False) -> None:
        self.settimeout(_seconds_left())
        super().do_handshake(block)

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        self.settimeout(_seconds_left())
        return super().recv_into(*arguments, **options)


class _TimedPlainSocket(socket.socket):
    """The same for a socket without TLS."""

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        self.settimeout(_seconds_left())
        return super().recv_into(*arguments, **options)


@cache
def _tls_context() -> ssl.SSLContext:
    """Return a context that verifies certificates, with the sockets above. It trusts the system's and certifi's."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.sslsocket_class = _TimedSocket
    return context


@cache
def _library_errors() -> "_Errors":
    import requests
    from requests_hardened.ip_filter import InvalidIPAddress
    from urllib3.exceptions import HTTPError, LocationParseError

    invalid = (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema)
    return _Errors(
        (InvalidIPAddress, LocationParseError, UnicodeError, *invalid),
        (requests.RequestException, HTTPError, OSError, ValueError),
    )


@dataclass(frozen=True, slots=True)
class _Errors:
    """The exceptions of the libraries, by what they mean."""

    forbidden: tuple[type[Exception], ...]
    unreachable: tuple[type[Exception], ...]


@cache
def _adapter(scheme: str) -> "requests.adapters.HTTPAdapter":
    """Return the adapter of the process for a scheme, which keeps connections open for all threads."""
    return _adapter_class()(is_https_proto=scheme == "https")  # type: ignore[call-arg]


@cache
def _adapter_class() -> "type[requests.adapters.HTTPAdapter]":
    """Return the class of the adapters. It exists only where the library was imported."""
    from requests.adapters import HTTPAdapter
    from requests_hardened.ip_filter import InvalidIPAddress
    from requests_hardened.ip_filter_adapter import IPFilterAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection

    class TimedConnection(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            self.sock = _TimedPlainSocket(fileno=self.sock.detach())

    class TimedPool(HTTPConnectionPool):
        ConnectionCls = TimedConnection

    class Guard(IPFilterAdapter):
        """Resolves the name, refuses addresses that may not be reached, and pins the connection to the address.

        The base class refuses what is not public, and does not know the networks of the operator. A proxy is asked for
        the address, too, and not for the name.
        """

        def __init__(self, is_https_proto: bool):
            super().__init__(is_https_proto=is_https_proto)
            self.is_https = is_https_proto

        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options)
            self.poolmanager.pool_classes_by_scheme = {"http": TimedPool, "https": HTTPSConnectionPool}

        def build_connection_pool_key_attributes(self, *arguments: Any, **options: Any) -> tuple[Any, Any]:
            try:
                host, pool = super().build_connection_pool_key_attributes(*arguments, **options)
            except InvalidIPAddress as refusal:
                [address] = refusal.args
                host, pool = HTTPAdapter.build_connection_pool_key_attributes(self, *arguments, **options)
                if self.is_https:
                    pool |= {"assert_hostname": host["host"], "server_hostname": host["host"]}
                host["host"] = f"[{address}]" if address.version == 6 else str(address)
            if not _may_reach(ipaddress.ip_address(host["host"].strip("[]"))):
                raise InvalidIPAddress(host["host"])
            return host, {**pool, "ssl_context": _tls_context()}

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            """Verify with the context above. The library would parse all certificates for each connection: 30 ms."""
            conn.cert_reqs = "CERT_REQUIRED"

    return Guard

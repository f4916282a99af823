"""Parse the URL that a user gives into the HTTP and WebSocket URLs of the site."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from chat.terminal.exit_codes import Exit, ExitError

DEFAULT = "http://127.0.0.1:8000"
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# The paths of a room: its page, as copied from a browser, and its socket.
_ROOM = re.compile(r"/(?:rooms|ws/chat)/([^/]+)/?")


@dataclass(frozen=True, slots=True)
class Address:
    """The site a client connects to.

    `origin` is scheme, host and port over HTTP. `room` is the slug from the URL, or None if the URL names no room.
    """

    origin: str
    room: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Parse a URL with or without a scheme, of a site or of a room. Raises ExitError if it is invalid."""
        parts = _split(text)
        if parts is None:
            raise ExitError(Exit.USAGE, f"{text} is not a chat URL. Expected something like https://chat.example.org.")
        room = _ROOM.fullmatch(parts.path)
        if parts.path not in ("", "/") and room is None:
            raise ExitError(Exit.USAGE, f"{text} is not the URL of a site or a room. Rooms are at …/rooms/<room>/.")
        scheme = _SCHEMES[parts.scheme]
        host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS[scheme])
        return cls(f"{scheme}://{host}", unquote(room[1]) if room else None)

    @property
    def is_loopback(self) -> bool:
        return _is_loopback(urlsplit(self.origin).hostname or "")

    def http(self, path: str, **query: object) -> str:
        return f"{self.origin}{path}" + (f"?{urlencode(query)}" if query else "")

    def socket(self, room: str, **query: object) -> str:
        scheme = "wss" if self.origin.startswith("https") else "ws"
        path = f"/ws/chat/{quoted(room)}/"
        return f"{scheme}:{self.origin.partition(':')[2]}{path}" + (f"?{urlencode(query)}" if query else "")


def quoted(room: str) -> str:
    """Return the slug of a room as a path segment. The text may be anything a user typed."""
    return quote(room, safe="", errors="replace")


def _split(text: str) -> SplitResult | None:
    """Split a URL into its parts. Return None if a client cannot connect to it."""
    try:
        if "://" not in text:
            text = f"{'http' if _is_loopback(urlsplit(f'//{text}').hostname or '') else 'https'}://{text}"
        parts = urlsplit(text)
        host = parts.hostname or ""
        is_usable = parts.scheme in _SCHEMES and parts.port != 0 and "@" not in parts.netloc and _is_host(host)
    except ValueError:  # the port is not a number, the brackets hold no IPv6 address, or IDNA rejects the host
        return None
    return parts if is_usable else None


def _is_host(host: str) -> bool:
    return bool(host) and not re.search(r"[\s\x00-\x20\x7f%\\]", host.encode("idna").decode())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

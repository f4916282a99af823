"""Where a site is: whatever people paste, as the two addresses a client needs."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from chat.terminal.exit_codes import Exit, ExitError

DEFAULT = "http://127.0.0.1:8000"
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# The addresses of a room: its page, as copied from a browser, and its socket.
_ROOM = re.compile(r"/(?:rooms|ws/chat)/([^/]+)/?")


@dataclass(frozen=True, slots=True)
class Address:
    """`origin` is scheme, host and port over HTTP; `room` the slug of the room that was named with it, if one was."""

    origin: str
    room: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Address":
        """The address people mean: with or without a scheme, of a site or of a room. Failure for what is none."""
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
    """A room's slug as part of a path, whatever was typed."""
    return quote(room, safe="", errors="replace")


def _split(text: str) -> SplitResult | None:
    """The parts of an address that can be connected to, or None."""
    try:
        if "://" not in text:
            text = f"{'http' if _is_loopback(urlsplit(f'//{text}').hostname or '') else 'https'}://{text}"
        parts = urlsplit(text)
        host = parts.hostname or ""
        is_usable = parts.scheme in _SCHEMES and parts.port != 0 and "@" not in parts.netloc and _is_host(host)
    except ValueError:  # a port that is no number, brackets around what is no IPv6 address, a host IDNA does not know
        return None
    return parts if is_usable else None


def _is_host(host: str) -> bool:
    return bool(host) and not re.search(r"[\s\x00-\x20\x7f%\\]", host.encode("idna").decode())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

"""Checks of the request head for both servers (RFC 9112), and the responses to refused requests."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

Header = tuple[bytes, bytes]

# The largest request body. docs/api.md and docs/deploy.md name it.
BODY_BYTES = 1024 * 1024
# The largest head and number of headers, as in Node, Twisted and Apache. uvicorn exceeds it by at most one read.
HEAD_BYTES = 16 * 1024
HEADERS = 100
# Django's parser of this header takes quadratic time and runs in the event loop.
CONTENT_TYPE_BYTES = 512
# After a refusal, the rest of the request is read and dropped. Closing a socket with unread data resets the connection,
# and the client loses the response (RFC 9112, section 9.6).
LINGER_SECONDS = 5.0
LINGER_BYTES = 16 * BODY_BYTES

# RFC 9110, section 5.6.2, and RFC 3986, section 3.2.2.
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-fv:.]+\]|[0-9A-Za-z._~!$&'()*+,;=%-]+)(?::[0-9]*)?")
_ABSOLUTE = re.compile(rb"(?i:https?|wss?)://([^/?#@]+)((?:[/?][^#]*)?)")


class HTTPRefusal(NamedTuple):
    status: int
    sentence: str

    def response(self, method: str, headers: Iterable[Header] = ()) -> bytes:
        """Return the whole response. The connection ends after it."""
        body = b"" if method == "HEAD" else self.sentence.encode()
        lines = [
            b"HTTP/1.1 %d %b" % (self.status, _PHRASES[self.status]),
            *(b"%b: %b" % header for header in headers),
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(self.sentence.encode()),
            b"connection: close",
        ]
        return b"\r\n".join([*lines, b"", body])


_PHRASES = {400: b"Bad Request", 413: b"Content Too Large", 431: b"Request Header Fields Too Large"}

TOO_LARGE = HTTPRefusal(413, "Your request is larger than 1 MiB. Send less at a time.")
HEAD_TOO_LARGE = HTTPRefusal(431, "Your request has more than 100 headers, or more than 16 KiB of them. Send fewer.")
BAD_CONTENT_TYPE = HTTPRefusal(400, "Your request's Content-Type header is too long. Send the media type alone.")
BAD_HOST = HTTPRefusal(400, "Your request needs exactly one Host header with a valid name.")
BAD_TARGET = HTTPRefusal(400, "Your request's target is not valid. Send a path, or an http or https address.")
BAD_CONNECTION = HTTPRefusal(400, "Your request's Connection header is not a list of tokens.")
BODY_WITH_UPGRADE = HTTPRefusal(400, "A WebSocket handshake has no body. Send your request without one.")
UPGRADE_TOO_EARLY = HTTPRefusal(400, "Wait for the answer to your last request before you open a WebSocket.")


def refusal_of(version: Callable[[], str], headers: Sequence[Header], *, upgrades: bool) -> HTTPRefusal | None:
    """Return the error of a head, or None. Header names must be in lower case.

    Both servers have already refused an invalid or repeated Content-Length.
    """
    found = dict(headers)
    host, length = found.get(b"host"), int(found.get(b"content-length", 0))
    is_repeated = len(found) < len(headers) and [name for name, _ in headers].count(b"host") > 1
    if is_repeated or (not _is_host(host) if host is not None else version() >= "1.1"):
        return BAD_HOST
    if len(found.get(b"content-type", b"")) > CONTENT_TYPE_BYTES:
        return BAD_CONTENT_TYPE
    if upgrades and (length or b"transfer-encoding" in found):
        return BODY_WITH_UPGRADE
    if upgrades and not all(_TOKEN.fullmatch(token) for token in _connection(headers)):
        return BAD_CONNECTION
    return TOO_LARGE if length > BODY_BYTES else None


@lru_cache(256)
def _is_host(value: bytes) -> bool:
    """Return whether the value is a valid Host header. Cached, because most requests have the same one."""
    return _HOST.fullmatch(value) is not None


def absolute_target(target: bytes) -> tuple[bytes, bytes] | None:
    """Return the authority and the path of an absolute target (RFC 9112, section 3.2.2), or None if it is invalid.

    The authority replaces the Host header.
    """
    found = _ABSOLUTE.fullmatch(target)
    if found is None or not _is_host(found[1]):
        return None
    return found[1], found[2] if found[2].startswith(b"/") else b"/" + found[2]


def _connection(headers: Sequence[Header]) -> list[bytes]:
    """Return the members of all Connection headers, without empty ones, which a list may contain."""
    joined = b",".join(value for name, value in headers if name == b"connection")
    return [token for member in joined.split(b",") if (token := member.strip(b" \t"))]

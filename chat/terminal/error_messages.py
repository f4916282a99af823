"""Error messages for failed requests and connections."""

import ssl
from http.client import IncompleteRead, RemoteDisconnected
from urllib.parse import urljoin, urlsplit

from websockets.exceptions import InvalidMessage, InvalidProxy, InvalidStatus, ProxyError

from chat.protocol import SUBPROTOCOL
from chat.terminal.address import Address
from chat.terminal.exit_codes import Exit, ExitError

# Statuses that mean a temporary failure. So do all statuses from 500 on.
TEMPORARY_STATUSES = (408, 425, 429)


class Unreachable(ExitError):
    """The site does not answer, or only with a temporary error. A later attempt may succeed."""

    def __init__(self, address: Address, reason: str):
        sentence = f"Can’t connect to {address.origin} ({reason})."
        if address.is_loopback:
            sentence += " Start the server with `make run` or `python manage.py runserver`, or use another URL."
        super().__init__(Exit.NO_ANSWER, sentence)
        self.reason = reason


def failure_of(address: Address, error: object) -> ExitError:
    """Return the error for a failed request or connection. It is Unreachable if a later attempt may succeed."""
    match error:
        case ssl.SSLCertVerificationError():
            sentence = f"The TLS certificate of {address.origin} is invalid: {error.verify_message}."
            return ExitError(Exit.NO_CHAT, sentence)
        case InvalidStatus():
            return failed_with(address, error.response.status_code, error.response.headers.get("Location"))
        case ImportError():
            return ExitError(Exit.NO_ANSWER, f"Can’t use the proxy for {address.origin}: {error}.")
        case OSError() | IncompleteRead() | InvalidProxy() | ProxyError():
            return Unreachable(address, reason_of(error))
        case InvalidMessage() if isinstance(error.__cause__, EOFError):
            return Unreachable(address, "connection closed")
        case _:
            return no_chat(address)


def failed_with(address: Address, status: int, location: str | None = None) -> ExitError:
    """Return the error for an HTTP status that came without an error message of the site."""
    if location is not None and 300 <= status < 400:
        return _redirected(address, location)
    return (
        Unreachable(address, f"status {status}") if status >= 500 or status in TEMPORARY_STATUSES else no_chat(address)
    )


def no_chat(address: Address) -> ExitError:
    return ExitError(Exit.NO_CHAT, f"{address.origin} is not a {SUBPROTOCOL} chat server.")


def reason_of(error: object) -> str:
    """Return a few words on why a connection failed."""
    match error:
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "connection refused"
        case RemoteDisconnected() | ConnectionResetError():
            return "connection closed"
        case ssl.SSLError():
            return "TLS handshake failed"
        case OSError() if error.strerror:
            return error.strerror
        case _:
            return str(error) or type(error).__name__


def _redirected(address: Address, location: str) -> ExitError:
    """Return the error for a redirect. Tokens and passwords never follow one: the user must name the other host."""
    try:
        parts = urlsplit(urljoin(address.origin, location))
        other = Address.parse(f"{parts.scheme}://{parts.netloc}").origin
    except (ValueError, ExitError):
        other = address.origin
    if other == address.origin:
        return no_chat(address)
    return ExitError(Exit.NO_CHAT, f"{address.origin} redirects to {other}. Use that address if it is right.")

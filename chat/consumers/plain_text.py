"""Plain clients: a socket that offers no subprotocol sends text and receives lines, so any WebSocket tool works."""

import uuid
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from chat import protocol, site_address
from chat.actions import accounts
from chat.auth.authentication import Credential
from chat.auth.guests import admit_newcomer, check_guests
from chat.delivery.admission import access
from chat.delivery.admission.access import Admission, AdmissionRefused
from chat.delivery.connection import Connection
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.pump import Send
from chat.errors import ActionError
from chat.models import Person
from chat.protocol import Bye, Changes, Close, Code, Cursor, Error, Frame, FrameError, Hello, Reset
from chat.transcript import lines
from chat.transcript.transcript import Transcript, TranscriptEvent

# Messages of history by default.
HISTORY = 20
# Messages kept for each client, to quote them and to describe changes to them.
KEPT_MESSAGES = 100
# Bytes of lines for one connection, after which it is closed. Such a client acknowledges nothing, and Daphne buffers
# what it does not read. Under Daphne this is the only bound for a client that keeps writing and never reads.
MAX_SENT_BYTES = 16 * 1024 * 1024
TOO_MUCH = "* too much output on this connection; reconnect to continue"

CLOSE_REASONS = {
    "restart": "the server is restarting; reconnect in a moment",
    "signed_out": "you were signed out",
    "removed": "you were removed from this room",
    "room_gone": "this room was deleted",
}


def check_served() -> None:
    """Refuse if the settings disable plain clients."""
    if not settings.CHAT_PLAIN_CLIENTS:
        detail = f"Plain WebSocket clients are disabled; use the {protocol.SUBPROTOCOL} subprotocol."
        raise AdmissionRefused(Code.BAD_FRAME, detail, Close.BAD_PROTOCOL)


# ---- Authentication


async def admit(database: DatabaseThreads, request: HttpRequest, slug: str) -> Admission:
    """Admit a person by a token or a session, or else a guest by the name in the URL."""
    [identity] = await database.read(access.authenticate_all, [request])
    if isinstance(identity, AdmissionRefused):
        raise identity
    if identity is None:
        identity = await database.write(_guest, request, slug)
    [admission] = await database.read(access.authorize, [(*identity, slug)])
    if isinstance(admission, AdmissionRefused):
        raise admission
    return admission


def _guest(request: HttpRequest, slug: str) -> tuple[Person, Credential]:
    """Return the guest that the URL names. Anyone may take this name, so only public rooms are open to this guest."""
    name = request.GET.get("name")
    if name is None or "Authorization" in request.headers:
        raise AdmissionRefused(Code.SIGNED_OUT, "Add ?name=… to the URL to choose a name.", Close.UNAUTHENTICATED)
    try:
        check_guests()
        access.check_public(slug)
        person = accounts.plain_guest(name)
        if person is None:
            admit_newcomer(request)
            person = accounts.join_plainly(name)
        return person, accounts.plain_credential(person)
    except ActionError as error:
        close = Close.RATE_LIMITED if error.code is Code.RATE_LIMITED else Close.UNAUTHENTICATED
        raise AdmissionRefused(error.code, error.detail, close, error.retry_after) from error


# ---- Incoming frames


def parse(text: str) -> protocol.Post:
    """Return the command to post a frame's text. Raises FrameError for text that no frame may hold."""
    protocol.check_size(text)
    if not protocol.is_text(text):
        raise FrameError(Code.BAD_FRAME, "A message can’t contain NUL or half of a surrogate pair.")
    return protocol.Post(client_id=uuid.uuid4(), body=text)


# ---- Outgoing frames


class Plain:
    """Renders frames as lines for one client, in front of the server's `send`."""

    def __init__(self, send: Send):
        self._send = send
        self._connection: Connection | None = None
        self._transcript = Transcript()
        self._bytes = 0
        self._held: list[msgspec.Raw] = []
        self._head = 0

    def start(self, connection: Connection, newest: int) -> None:
        """Begin the transcript of `connection`, with `newest` messages of history."""
        self._connection = connection
        zone = timezone.get_current_timezone()
        self._transcript = Transcript(live_only=not newest, zone=zone, keep=max(KEPT_MESSAGES, newest))

    async def send(self, event: dict[str, Any]) -> None:
        """Send an event. A frame of the protocol becomes its lines, and none if it changes nothing for the reader."""
        if event["type"] != "websocket.send":
            await self._send(event)
            return
        for line in self._render(protocol.read(event["text"])):
            await self._send_line(line)
        if self._connection is not None:
            self._connection.pump.acknowledge(self._connection.pump.rev)  # a plain client cannot
            if self._bytes > MAX_SENT_BYTES and not self._connection.is_leaving:
                self._connection.close(Close.SLOW_CONSUMER)
                await self._send_line(TOO_MUCH)

    async def _send_line(self, line: str) -> None:
        self._bytes += len(line.encode())
        await self._send({"type": "websocket.send", "text": line})

    def _render(self, frame: Frame | None) -> list[str]:
        match frame:
            case None:  # a frame without a form in plain text
                return []
            case Error(detail=detail):
                return [f"! {lines.one_line(detail)}"]
            case Bye(reason=reason):
                return [f"* {CLOSE_REASONS[reason]}"]
            case Changes():
                return self._lines(self._changes(frame))
            case Hello(cursor=cursor):
                self._head = _rev(cursor)
            case Reset():
                self._head, self._held = 0, []
        return self._lines(self._transcript.take(frame))

    def _changes(self, frame: Changes) -> list[TranscriptEvent]:
        """Take changes. History arrives by revision, in several frames if it is long, and is shown whole, by seq."""
        self._held += frame.messages
        if _rev(frame.cursor) < self._head:
            return []
        self._head, held, self._held = 0, self._held, []
        return self._transcript.take(Changes(cursor=frame.cursor, messages=held))

    def _lines(self, events: list[TranscriptEvent]) -> list[str]:
        zone = timezone.get_current_timezone()
        return [line for event in events for line in lines.lines(event, zone, site_address.origin())]


def _rev(cursor: str) -> int:
    parsed = Cursor.parse(cursor)
    assert parsed is not None
    return parsed.rev

"""Plain clients: whoever offers no subprotocol writes text and reads lines, with any WebSocket tool there is."""

import uuid
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from chat import protocol
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

# Messages that come first, where the address asks for no other number.
HISTORY = 20
# Messages remembered for each client, to tell what changed about them and to quote them.
KEPT_MESSAGES = 100
# Bytes of lines for one connection, which then has to come back. Such a client acknowledges nothing, and Daphne keeps
# for it what it does not read: there is no other bound there for one that writes on and never reads.
MAX_TOLD_BYTES = 16 * 1024 * 1024
ENOUGH = "* too much output on this connection; reconnect to continue"

GOODBYES = {
    "restart": "the server is restarting; reconnect in a moment",
    "signed_out": "you were signed out",
    "removed": "you were removed from this room",
    "room_gone": "this room was deleted",
}


def check_served() -> None:
    """Refuse where plain clients are not wanted."""
    if not settings.CHAT_PLAIN_CLIENTS:
        detail = f"Plain WebSocket clients are disabled; use the {protocol.SUBPROTOCOL} subprotocol."
        raise AdmissionRefused(Code.BAD_FRAME, detail, Close.BAD_PROTOCOL)


# ---- Who it is


async def admit(database: DatabaseThreads, request: HttpRequest, slug: str) -> Admission:
    """Let somebody in, by a token or a session like everybody, else as the guest whom the address names."""
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
    """Whom the address names. Anybody may be this person, so nothing but a public room is open to them."""
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


# ---- What it writes


def parse(text: str) -> protocol.Post:
    """A frame as a message. FrameError for what no frame may hold."""
    protocol.check_size(text)
    if not protocol.is_text(text):
        raise FrameError(Code.BAD_FRAME, "A message can’t contain NUL or half of a surrogate pair.")
    return protocol.Post(client_id=uuid.uuid4(), body=text)


# ---- What it reads


class Plain:
    """The server's `send` for one client: each frame of the protocol goes out as the lines that tell it."""

    def __init__(self, send: Send):
        self._send = send
        self._connection: Connection | None = None
        self._transcript = Transcript()
        self._bytes = 0
        self._held: list[msgspec.Raw] = []
        self._head = 0

    def attend(self, connection: Connection, newest: int) -> None:
        """Begin with `newest` messages of history and go on with what `connection` is sent."""
        self._connection = connection
        zone = timezone.get_current_timezone()
        self._transcript = Transcript(live_only=not newest, zone=zone, keep=max(KEPT_MESSAGES, newest))

    async def send(self, event: dict[str, Any]) -> None:
        """Like the server's own; a frame that changes nothing for a reader sends nothing."""
        if event["type"] != "websocket.send":
            await self._send(event)
            return
        for line in self._told(protocol.read(event["text"])):
            await self._say(line)
        if self._connection is not None:
            self._connection.pump.acknowledge(self._connection.pump.rev)  # such a client cannot
            if self._bytes > MAX_TOLD_BYTES and not self._connection.is_leaving:
                self._connection.close(Close.SLOW_CONSUMER)
                await self._say(ENOUGH)

    async def _say(self, line: str) -> None:
        self._bytes += len(line.encode())
        await self._send({"type": "websocket.send", "text": line})

    def _told(self, frame: Frame | None) -> list[str]:
        match frame:
            case None:  # there is nothing that a plain client could be told of it
                return []
            case Error(detail=detail):
                return [f"! {lines.one_line(detail)}"]
            case Bye(reason=reason):
                return [f"* {GOODBYES[reason]}"]
            case Changes():
                return self._lines(self._changes(frame))
            case Hello(cursor=cursor):
                self._head = _rev(cursor)
            case Reset():
                self._head, self._held = 0, []
        return self._lines(self._transcript.take(frame))

    def _changes(self, frame: Changes) -> list[TranscriptEvent]:
        """History comes by revision, in several frames if it is long. It is told by place, once it is whole."""
        self._held += frame.messages
        if _rev(frame.cursor) < self._head:
            return []
        self._head, held, self._held = 0, self._held, []
        return self._transcript.take(Changes(cursor=frame.cursor, messages=held))

    def _lines(self, happenings: list[TranscriptEvent]) -> list[str]:
        zone = timezone.get_current_timezone()
        return [line for happening in happenings for line in lines.lines(happening, zone)]


def _rev(cursor: str) -> int:
    parsed = Cursor.parse(cursor)
    assert parsed is not None
    return parsed.rev

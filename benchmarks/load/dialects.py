"""The dialects of the servers that are measured: this site's, the tutorial's, Socket.IO's, XMPP."""

import re
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from benchmarks.load.dialect import (
    Again,
    Answer,
    Decoded,
    Dialect,
    NotUnderstood,
    Visitor,
    body_of,
    client_id_of,
    number_of,
)
from benchmarks.load.rows import Row
from chat import protocol


class Welcome(protocol.Frame, tag="hello", frozen=True, kw_only=True):
    """The fields read from a hello. The people are skipped: in a large room they are most of it, one object each."""

    cursor: str


class Moved(protocol.Frame, tag="people", frozen=True, kw_only=True):
    """A presence change, which no client here shows."""


FRAMES = (
    Welcome
    | protocol.Changes
    | protocol.Reset
    | protocol.Ok
    | protocol.Error
    | Moved
    | protocol.Typing
    | protocol.Rooms
    | protocol.Pong
    | protocol.StandingChanged
    | protocol.Bye
)


class _Said(msgspec.Struct):
    message: str


class Site(Dialect):
    """`chat.v1`: in with the hello, acked when stored, and a cursor that the server wants to hear of."""

    subprotocol = protocol.SUBPROTOCOL
    is_in_at_once = False
    answers = True

    def __init__(self) -> None:
        self._frames: msgspec.json.Decoder[protocol.Frame] = msgspec.json.Decoder(FRAMES)
        self._messages = msgspec.json.Decoder(Row)

    def path(self, visitor: Visitor) -> str:
        return f"/ws/chat/{visitor.room}/" + (f"?after={visitor.cursor}" if visitor.cursor else "")

    def headers(self, visitor: Visitor) -> dict[str, str]:
        return super().headers(visitor) | {"Authorization": f"Bearer {visitor.token}"}

    def post(self, number: int, visitor: Visitor) -> str:
        return protocol.Post(ref=str(number), client_id=client_id_of(number), body=body_of(number)).encode()

    def acknowledgement(self, cursor: str) -> str:
        return protocol.Ack(cursor=cursor).encode()

    def decode(self, payload: bytes) -> Decoded:
        match frame := self._frames.decode(payload):
            case protocol.Changes():
                rows = tuple(self.rows(frame.messages))
                return Decoded(posts=tuple(number_of(row.body) for row in rows), rows=rows, cursor=frame.cursor)
            case Welcome():
                return Decoded(is_in=True, cursor=frame.cursor)
            case protocol.Ok() if frame.ref:
                return Decoded(answered=Answer(int(frame.ref), frame.seq, frame.rev))
            case protocol.Error() if frame.ref and frame.retry_after is not None:
                return Decoded(again=Again(int(frame.ref), frame.retry_after))
        return self.notice(frame)

    def rows(self, messages: Iterable[msgspec.Raw]) -> Iterable[Row]:
        """Return the messages that count as posts."""
        return map(self._messages.decode, messages)

    def notice(self, frame: protocol.Frame) -> Decoded:
        """Return the meaning of a frame that is no part of posting. Someone's first post makes them a member."""
        is_member = isinstance(frame, protocol.StandingChanged) and frame.standing.member
        if (
            isinstance(frame, protocol.Error | protocol.Reset | protocol.StandingChanged | protocol.Bye)
            and not is_member
        ):
            raise NotUnderstood(f"The server said {frame}.")
        return Decoded()


class Tutorial(Dialect):
    """The Channels tutorial's: a JSON object with the message, both ways. Its group is joined before the handshake."""

    def __init__(self) -> None:
        self._messages = msgspec.json.Decoder(_Said)

    def path(self, visitor: Visitor) -> str:
        return f"/ws/chat/{visitor.room}/"

    def post(self, number: int, visitor: Visitor) -> str:
        return msgspec.json.encode(_Said(body_of(number))).decode()

    def decode(self, payload: bytes) -> Decoded:
        return Decoded(posts=(number_of(self._messages.decode(payload).message),))


class SocketIO(Dialect):
    """Engine.IO 4 over WebSocket (https://socket.io/docs/v4/engine-io-protocol/), with events to join and to post."""

    is_in_at_once = False

    def path(self, visitor: Visitor) -> str:
        return "/socket.io/?EIO=4&transport=websocket"

    def reply(self, decoded: Decoded, visitor: Visitor) -> str:
        return _event("join", visitor.room) if decoded.reply == JOIN else decoded.reply

    def post(self, number: int, visitor: Visitor) -> str:
        return _event("message", body_of(number))

    def decode(self, payload: bytes) -> Decoded:
        if payload.startswith(b"42"):
            return self._decode_event(*msgspec.json.decode(payload[2:], type=list[str]))
        for beginning, reply in ((b"0", "40"), (b"40", JOIN), (b"2", "3")):
            if payload == beginning or payload.startswith(beginning + b"{"):
                return Decoded(reply=reply)
        raise NotUnderstood(f"No packet of Socket.IO's is meant: {payload[:100]!r}")

    def _decode_event(self, name: str, *texts: str) -> Decoded:
        if name == "joined":
            return Decoded(is_in=True)
        return Decoded(posts=tuple(map(number_of, texts)))


class Xmpp(Dialect):
    """XMPP over WebSocket (RFC 7395): SASL ANONYMOUS, then a room (XEP-0045)."""

    subprotocol = "xmpp"
    is_in_at_once = False
    is_same_for_all = False

    def path(self, visitor: Visitor) -> str:
        return "/ws"

    def greeting(self, visitor: Visitor) -> str:
        return _OPEN

    def reply(self, decoded: Decoded, visitor: Visitor) -> str:
        if decoded.reply != JOIN:
            return decoded.reply
        here = f"to='{_address(visitor)}/{visitor.token}' xmlns='jabber:client'"
        return f"<presence {here}><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>"

    def post(self, number: int, visitor: Visitor) -> str:
        here = f"to='{_address(visitor)}' type='groupchat' id='{number}' xmlns='jabber:client'"
        return f"<message {here}><body>{body_of(number)}</body></message>"

    def common(self, payload: bytes) -> bytes:
        """Remove the recipient, which differs in each copy of a message."""
        return _FOR_WHOM.sub(b"", payload, 1)

    def decode(self, payload: bytes) -> Decoded:
        if body := _BODY.search(payload):
            return Decoded(posts=(number_of(body[1].decode()),))
        if b" type='error'" in payload:
            raise NotUnderstood(f"The server said {payload[:200]!r}")
        for sign, decoded in _STEPS:
            if re.match(sign, payload):
                return replace(decoded)
        raise NotUnderstood(f"This is no known step of connecting: {payload[:100]!r}")


_OPEN = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>"
_FOR_WHOM = re.compile(rb" to='[^']*'")
_BODY = re.compile(rb"^<message [^>]* type='groupchat'[^>]*><body>([^<]*)</body>")
# Stands for the event or stanza by which the visitor's own room is joined.
JOIN = "join"
_STEPS = (
    (
        rb"<stream:features [^>]*><mechanisms",
        Decoded(reply="<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"),
    ),
    (rb"<success ", Decoded(reply=_OPEN)),
    (
        rb"<stream:features [^>]*><bind",
        Decoded(
            reply="<iq type='set' id='b' xmlns='jabber:client'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
        ),
    ),
    (rb"<iq [^>]*type='result'", Decoded(reply=JOIN)),
    (rb"<message .*<subject/>", Decoded(is_in=True)),  # the last of what a room says first
    (rb"<open |<presence ", Decoded()),
)


def _address(visitor: Visitor) -> str:
    return f"{visitor.room}@conference.localhost"


def _event(name: str, text: str) -> str:
    return "42" + msgspec.json.encode([name, text]).decode()

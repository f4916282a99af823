"""The dialect of a server: the frames a client sends to connect and to post, and the meaning of received frames."""

from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.posting import body_of


class Visitor(NamedTuple):
    """A client before it connects: its room and its credential."""

    room: str
    token: str


class Again(NamedTuple):
    """A post that the server asks to send again later."""

    number: int
    seconds: float


@dataclass(slots=True)
class Decoded:
    """The meaning of one or more text frames. `posts` are the numbers of their messages, `last_at` is when the last
    client received them, `reply` is the frame that the server waits for now."""

    posts: tuple[int, ...] = ()
    is_in: bool = False
    answered: int | None = None
    again: Again | None = None
    reply: str = ""
    cursor: str = ""
    last_at: float = 0.0


class NotUnderstood(Exception):
    """A frame that the dialect does not know, or a message that differs from the posted one."""


class Dialect:
    """The simplest dialect: a path for each room, admission by the handshake, a bare message in a text frame."""

    subprotocol = ""
    # Whether a completed handshake admits the client.
    is_in_at_once = True
    # Whether the server acknowledges each post.
    answers = False
    # Whether everyone receives the messages in the same order.
    has_one_order = True
    # Whether all who get a message get the same bytes.
    is_same_for_all = True

    def path(self, visitor: Visitor) -> str:
        return f"/{visitor.room}"

    def headers(self, visitor: Visitor) -> dict[str, str]:
        return {"Sec-WebSocket-Protocol": self.subprotocol} if self.subprotocol else {}

    def greeting(self, visitor: Visitor) -> str:
        """Return the first frame to send once the connection is open."""
        return ""

    def reply(self, decoded: Decoded, visitor: Visitor) -> str:
        return decoded.reply

    def post(self, number: int, visitor: Visitor) -> str:
        return body_of(number)

    def acknowledgement(self, cursor: str) -> str:
        """Return the frame that acknowledges a cursor, or "" where the server wants none."""
        return ""

    def common(self, payload: bytes) -> bytes:
        """Return the part of a text frame that is the same for all receivers."""
        return payload

    def decode(self, payload: bytes) -> Decoded:
        """Return the meaning of the common part of a text frame. It depends on these bytes alone."""
        return Decoded(posts=(number_of(payload.decode()),))


def number_of(body: str) -> int:
    """Return the number of a post of this run from its whole, unaltered text."""
    end = body.rpartition(" ")[2]
    if not end.isdecimal() or body_of(int(end)) != body:
        raise NotUnderstood(f"This was never posted: {body[:100]!r}")
    return int(end)

"""The dialect of a server: the frames a client sends to connect and to post, and the meaning of received frames."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from benchmarks.load.rows import Row

BODY_LENGTH = 80
_WORDS = "so we meet at nine in the old library and bring the two maps from last year as agreed "


class Visitor(NamedTuple):
    """A client before it connects: its room, its credential, and the cursor at which it resumes, if it has one."""

    room: str
    token: str
    cursor: str = ""


class Answer(NamedTuple):
    """The acknowledgement of a post, and the position at which it is stored."""

    number: int
    seq: int | None
    rev: int | None


class Again(NamedTuple):
    """A post that the server asks to send again later."""

    number: int
    seconds: float


@dataclass(slots=True)
class Decoded:
    """The meaning of one or more text frames.

    `posts` holds the numbers of their messages. `rows` holds the messages of one frame, if more than the text is
    compared. `last_at` is the time when the last client received them. `reply` is the frame that the server waits for.
    `notice` is a frame that the listener handles.
    """

    posts: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    is_in: bool = False
    answered: Answer | None = None
    again: Again | None = None
    reply: str = ""
    cursor: str = ""
    notice: object = None
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


def body_of(number: int) -> str:
    """Return eighty characters of plain words that end with the number, so that no two posts are alike."""
    end = f" {number}"
    return _WORDS[: BODY_LENGTH - len(end)] + end


def client_id_of(number: int) -> UUID:
    return UUID(int=number, version=4)


def number_of(body: str) -> int:
    """Return the number of a post of this run from its whole, unaltered text."""
    end = body.rpartition(" ")[2]
    if not end.isdecimal() or body_of(int(end)) != body:
        raise NotUnderstood(f"This was never posted: {body[:100]!r}")
    return int(end)

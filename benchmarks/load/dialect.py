"""How a server is spoken to: what a client says to come in and to post, and what a frame that it hears means."""

from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.posting import body_of


class Visitor(NamedTuple):
    """Somebody on the way in: to which room, and as whom."""

    room: str
    token: str


class Again(NamedTuple):
    """A post that the server wants to have later."""

    number: int
    seconds: float


@dataclass(slots=True)
class Heard:
    """What one or more text frames mean. `posts` are the numbers of the messages in them, `last_at` when the last
    client heard this; `reply` is what the server waits for now."""

    posts: tuple[int, ...] = ()
    is_in: bool = False
    answered: int | None = None
    again: Again | None = None
    reply: str = ""
    cursor: str = ""
    last_at: float = 0.0


class NotUnderstood(Exception):
    """A frame that the dialect has no meaning for, or a message that is not what was posted."""


class Dialect:
    """The plainest: a path for each room, being in with the handshake, a message as it is in a text frame."""

    subprotocol = ""
    # Whether the handshake is all there is to coming in.
    is_in_at_once = True
    # Whether the server says of each post that it has it.
    answers = False
    # Whether everybody is promised the same order.
    keeps_order = True
    # Whether all who get a message get the same bytes.
    is_same_for_all = True

    def path(self, visitor: Visitor) -> str:
        return f"/{visitor.room}"

    def headers(self, visitor: Visitor) -> dict[str, str]:
        return {"Sec-WebSocket-Protocol": self.subprotocol} if self.subprotocol else {}

    def greeting(self, visitor: Visitor) -> str:
        """What is said first, once the line is open."""
        return ""

    def reply(self, heard: Heard, visitor: Visitor) -> str:
        return heard.reply

    def post(self, number: int, visitor: Visitor) -> str:
        return body_of(number)

    def acknowledgement(self, cursor: str) -> str:
        """What tells the server how far a client has come; nothing where it does not ask."""
        return ""

    def common(self, payload: bytes) -> bytes:
        """What is the same for all in a text frame that many get."""
        return payload

    def hear(self, payload: bytes) -> Heard:
        """What a text frame means, of which this is what is common. Depends on nothing but these bytes."""
        return Heard(posts=(number_of(payload.decode()),))


def number_of(body: str) -> int:
    """Which post a message is, if it is one of ours, whole and unaltered."""
    end = body.rpartition(" ")[2]
    if not end.isdecimal() or body_of(int(end)) != body:
        raise NotUnderstood(f"This was never posted: {body[:100]!r}")
    return int(end)

"""The WebSocket protocol, version 1: typed and validated commands and frames, without I/O. See `docs/protocol.md`."""

import json
import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar, NamedTuple, NoReturn, Union
from uuid import UUID

import msgspec

from chat.errors import Code as Code
from chat.errors import Refused

SUBPROTOCOL = "chat.v1"
PROTOCOL_VERSION = 1
HEARTBEAT_SECONDS = 25
MAX_FRAME_IN_BYTES = 64 * 1024
MAX_FRAME_OUT_BYTES = 200 * 1024
# Limits of unacknowledged bytes. At the first, no more `changes` frames are sent. The second is for all other frames
# since the last acknowledgement. Above it the socket is closed.
WINDOW_BYTES = 512 * 1024
OTHER_WINDOW_BYTES = 1024 * 1024
MAX_UNANSWERED = 100
MAX_HISTORY = 200
MAX_PEOPLE_LISTED = 500
MAX_PEOPLE_NAMED = 50
MAX_REF_LENGTH = 64
MAX_REASON_LENGTH = 300
MAX_NOTE_LENGTH = 200
MAX_FILES = 10
MAX_KEY_LENGTH = 22
MAX_URL_LENGTH = 2000
MAX_COMMAND_LENGTH = 32
MAX_ARGUMENTS_LENGTH = 2000
TYPING_INTERVAL_SECONDS = 3.0
TYPING_TTL_SECONDS = 6.0


class Close:
    """The close codes of a socket."""

    NORMAL = 1000
    POLICY = 1008
    RESTART = 1012
    BAD_PROTOCOL = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    NO_SUCH_ROOM = 4404
    SLOW_CONSUMER = 4408
    DRAINING = 4412
    RATE_LIMITED = 4429


_CURSOR = re.compile(r"([^.]*)\.([0-9]{1,18})\.([0-9]{1,18})")


class Cursor(NamedTuple):
    """A position in a room's log: the client has everything up to revision `rev`. Opaque to clients."""

    epoch: str
    room_id: int
    rev: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.room_id}.{self.rev}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """Parse the cursor that a client sent back. Returns None if it has another form."""
        found = _CURSOR.fullmatch(text)
        return cls(found[1], int(found[2]), int(found[3])) if found else None


class Scope(StrEnum):
    """The uses to which a token can be limited. Each command and each operation of the API names its own, or none.

    A token with scopes is refused where none is named. Stored in tokens, so the words stay.
    """

    READ = "read"
    POST = "post"
    EDIT = "edit"
    REACT = "react"
    ROOMS = "rooms"
    MEMBERS = "members"
    FILES = "files"


# ---- Client to server

Seq = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Ref = Annotated[str, msgspec.Meta(max_length=MAX_REF_LENGTH)]


class Command(msgspec.Struct, frozen=True, tag_field="type", kw_only=True, omit_defaults=True):
    """A command from a client. Its answer repeats `ref`."""

    scope: ClassVar[Scope | None] = None
    ref: Ref | None = None

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()


class StoredCommand(Command, frozen=True, kw_only=True):
    """A command that a transaction executes, by its rule in `chat/actions/messages.py`."""

    # Whether the command may change the room's log. The transaction locks only the rooms of such commands.
    changes_log: ClassVar[bool] = True

    @property
    def text(self) -> str | None:
        """The `body` of a command that has one. It is rendered before the transaction and counts as a post."""
        return getattr(self, "body", None)


class MessageCommand(StoredCommand, frozen=True, kw_only=True):
    """A command about one message, which the transaction loads."""

    seq: Seq


class PositionCommand(StoredCommand, frozen=True, kw_only=True):
    """A command that moves a read position and nothing else."""

    scope: ClassVar[Scope | None] = Scope.READ
    changes_log: ClassVar[bool] = False


FileKeys = Annotated[list[Annotated[str, msgspec.Meta(max_length=MAX_KEY_LENGTH)]], msgspec.Meta(max_length=MAX_FILES)]


class Post(StoredCommand, tag="post", frozen=True, kw_only=True):
    """Post a message. `files` are the keys of one's own uploads. With files, the body may be empty."""

    scope: ClassVar[Scope | None] = Scope.POST
    client_id: UUID
    body: str
    reply_to: Seq | None = None
    files: FileKeys = []


class Edit(MessageCommand, tag="edit", frozen=True, kw_only=True):
    """Edit a message. `files` are the keys of the files that stay. Without the field, all of them stay."""

    scope: ClassVar[Scope | None] = Scope.EDIT
    body: str
    if_rev: Seq | None = None
    files: FileKeys | None = None


class Delete(MessageCommand, tag="delete", frozen=True, kw_only=True):
    """Delete a message. `reason` goes to the audit log when a moderator deletes another person's message."""

    scope: ClassVar[Scope | None] = Scope.EDIT
    reason: Annotated[str, msgspec.Meta(max_length=MAX_REASON_LENGTH)] = ""


class React(MessageCommand, tag="react", frozen=True, kw_only=True):
    scope: ClassVar[Scope | None] = Scope.REACT
    emoji: str
    on: bool


class Read(PositionCommand, tag="read", frozen=True, kw_only=True):
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class MarkUnread(PositionCommand, tag="unread", frozen=True, kw_only=True):
    seq: Seq


class SetBookmark(MessageCommand, tag="bookmark", frozen=True, kw_only=True):
    """Save a message for oneself, or no longer. Without a `note`, the one that is stored stays."""

    changes_log: ClassVar[bool] = False
    on: bool
    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE_LENGTH)] | None = None


class Unfurl(MessageCommand, tag="unfurl", frozen=True, kw_only=True):
    """Remove the preview of a link, with `on` false. It stays removed."""

    url: Annotated[str, msgspec.Meta(max_length=MAX_URL_LENGTH)]
    on: bool


class CallCommand(StoredCommand, tag="command", frozen=True, kw_only=True):
    """Call the command `name` of a bot. The same client id again does not call it a second time."""

    changes_log: ClassVar[bool] = False
    scope: ClassVar[Scope | None] = Scope.POST
    client_id: UUID
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_COMMAND_LENGTH)]
    arguments: Annotated[str, msgspec.Meta(max_length=MAX_ARGUMENTS_LENGTH)] = ""


class SetTyping(Command, tag="typing", frozen=True, kw_only=True):
    scope: ClassVar[Scope | None] = Scope.READ
    on: bool


class Ack(Command, tag="ack", frozen=True, kw_only=True):
    scope: ClassVar[Scope | None] = Scope.READ
    cursor: str


class Ping(Command, tag="ping", frozen=True, kw_only=True):
    scope: ClassVar[Scope | None] = Scope.READ


def _commands(kind: type[Command]) -> tuple[type[Command], ...]:
    """Return the commands of a kind: its subclasses that have none."""
    kinds = kind.__subclasses__()
    return tuple(command for each in kinds for command in _commands(each)) if kinds else (kind,)


COMMANDS, STORED_COMMANDS = _commands(Command), _commands(StoredCommand)
_BY_TYPE: dict[str, type[Command]] = {str(command.__struct_config__.tag): command for command in COMMANDS}


class FrameError(Refused):
    """A frame that does not follow the protocol. `ref` is that of the frame, where it has a readable one."""

    def __init__(self, code: Code, detail: str, ref: str | None = None):
        super().__init__(code, detail)
        self.ref = ref


# The most frequent frame, in the form in which JavaScript writes it. It is parsed without the general decoder.
_ACK = re.compile(r'\{"type":"ack","cursor":"([0-9a-z.]{1,64})"\}')


def parse(frame: str) -> Command:
    """Parse the command in a text frame. Raises FrameError for anything else."""
    if ack := _ACK.fullmatch(frame):
        return Ack(cursor=ack[1])
    fields = load_object(frame)
    ref = _ref_in(fields)
    kind = fields.pop("type", None)
    if not isinstance(kind, str):
        raise FrameError(Code.BAD_FRAME, "A frame must have a type.", ref)
    if kind not in _BY_TYPE:
        raise FrameError(Code.UNKNOWN_TYPE, "Unknown frame type.", ref)
    try:
        return msgspec.convert({"type": kind, **fields}, _BY_TYPE[kind])
    except (msgspec.ValidationError, OverflowError) as error:
        raise FrameError(Code.BAD_FRAME, f"{kind}: {error}.", ref) from error


def load_object(text: str) -> dict[str, Any]:
    """Parse a JSON object whose names and strings can be stored as text. Raises FrameError for anything else.

    This uses the standard library's parser because, unlike msgspec's, it can refuse duplicate names. Two readers of a
    frame with duplicate names may disagree (RFC 8259, section 4).
    """
    check_size(text)
    try:
        fields = _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(Code.BAD_FRAME, f"Invalid JSON: {_reason(error)}.") from error
    if not isinstance(fields, dict):
        raise FrameError(Code.BAD_FRAME, "Expected a JSON object.")
    if not all(is_text(value) for value in (*fields, *fields.values()) if isinstance(value, str)):
        raise FrameError(Code.BAD_FRAME, "A string can’t contain NUL or half of a surrogate pair.", _ref_in(fields))
    return fields


def check_size(text: str) -> None:
    """Raise FrameError if a frame is too long."""
    if len(text) > MAX_FRAME_IN_BYTES or len(text.encode(errors="replace")) > MAX_FRAME_IN_BYTES:
        raise FrameError(Code.TOO_LONG, f"A frame can have at most {MAX_FRAME_IN_BYTES} bytes.")


def _ref_in(fields: dict[str, Any]) -> str | None:
    """Return the `ref` of a frame if it may be sent back."""
    ref = fields.get("ref")
    return ref if isinstance(ref, str) and len(ref) <= MAX_REF_LENGTH and is_text(ref) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("duplicate name in an object")
    return fields


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _reason(error: Exception) -> str:
    """Describe a parser's error in one line that never quotes the frame."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()} at character {error.pos}"
    return str(error).partition(":")[0]


def is_text(value: str) -> bool:
    """Return whether every encoder and both databases accept the string."""
    return "\0" not in value and (value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value))


# ---- Parts of frames


class AccountKind(StrEnum):
    """The kinds of accounts. Rate limits depend on it."""

    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"

    @classmethod
    def of(cls, is_guest: bool, is_bot: bool | None) -> "AccountKind":
        if is_bot:
            return cls.BOT
        return cls.GUEST if is_guest else cls.MEMBER


class PersonData(msgspec.Struct, frozen=True, omit_defaults=True):
    """`color`, 0 to 9, is left out for people who chose none. Clients then derive it from the id.

    `avatar` is the key of their picture, at `/avatars/<key>.webp`. It is left out if they have none. `bot` is true for
    a program, and left out for everyone else.
    """

    id: int
    name: str
    guest: bool
    color: int | None = None
    avatar: str | None = None
    bot: bool = False

    @property
    def kind(self) -> AccountKind:
        return AccountKind.of(self.guest, self.bot)


class ReactionData(msgspec.Struct, frozen=True):
    emoji: str
    people: list[int]


class ReactionBy(msgspec.Struct, frozen=True):
    """One emoji on a message: the number of people who reacted with it, and the first of them."""

    emoji: str
    count: int
    people: list[PersonData]


class FileData(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of a message, at `/files/<key>/<name>`. Fields with their default value are left out.

    `size` is in bytes. `kind` is image, audio, video or file. `state` is uploading, waiting, ready or refused, and
    `refusal` says why. Pictures have their size in pixels, and `thumb` is that of `/files/<key>/thumb.webp`. `color` is
    their mean color, such as #8a9b6c.
    """

    key: str
    name: str
    type: str
    size: int
    kind: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    thumb: tuple[int, int] | None = None
    color: str = ""
    state: str = "ready"
    refusal: str = ""


class PreviewData(msgspec.Struct, frozen=True, omit_defaults=True):
    """The page that a link of a message leads to. `image` is the key of a picture, which has a thumbnail only."""

    url: str
    title: str = ""
    description: str = ""
    site: str = ""
    image: str = ""
    thumb: tuple[int, int] | None = None


class MessageData(msgspec.Struct, frozen=True, omit_defaults=True):
    """The current state of a message. Times are ISO 8601 in UTC with milliseconds.

    Only the fields that earlier releases do not have are left out when empty.
    """

    id: int
    seq: int
    rev: int
    client_id: UUID
    author: PersonData | None
    body: str
    html: str
    created_at: str
    edited_at: str | None
    deleted: bool
    reply_to: int | None
    reactions: list[ReactionData]
    files: list[FileData] = []
    previews: list[PreviewData] = []


class RoomData(msgspec.Struct, frozen=True):
    """A room. Only a direct conversation has `people`: the others in it, or oneself if there are none.

    Its name is their names.
    """

    slug: str
    name: str
    topic: str
    visibility: str
    archived: bool
    seq: int
    unread: int
    people: list[PersonData] | msgspec.UnsetType = msgspec.UNSET


class ListedRoom(RoomData, frozen=True):
    """A room in the list of its member. `level` is their notification level there: all, mentions or nothing."""

    mentions: int = 0
    starred: bool = False
    level: str = "all"


class Standing(msgspec.Struct, frozen=True):
    """A person's status in a room. `role` is member, moderator or owner. The site's staff have the role owner.

    A muted person sees until when and why. A mute without an end has the year 9999. `name`, `topic` and `visibility`
    are the room's present ones. `member` is false for someone who reads a public room without having joined it.
    `room_mentions` says whether the person may write `@room` and `@here`. Older servers leave out these five.
    `posting` is false for someone who may read and react, but not post. `may_invite` says whether they may invite
    people to the room and add them. `requests` is the number of open requests to join, for moderators. It is absent if
    there are none.
    """

    role: str
    muted_until: str | None
    mute_reason: str
    archived: bool
    name: str = ""
    topic: str = ""
    visibility: str = ""
    member: bool = True
    room_mentions: bool = False
    posting: bool = True
    may_invite: bool = False
    requests: int | msgspec.UnsetType = msgspec.UNSET


class Limits(msgspec.Struct, frozen=True):
    """The limits of a connection. A rate of 0 is no limit.

    `body` is in characters, `frame_in` and `frame_out` are in bytes. `unanswered` counts commands, `resume` changes and
    `history` messages. `window` is in unacknowledged bytes of `changes` frames, `window_other` in those of all others.
    """

    body: int
    posts_per_second: float
    posts_burst: int
    resume: int
    frame_in: int = MAX_FRAME_IN_BYTES
    frame_out: int = MAX_FRAME_OUT_BYTES
    unanswered: int = MAX_UNANSWERED
    history: int = MAX_HISTORY
    window: int = WINDOW_BYTES
    window_other: int = OTHER_WINDOW_BYTES


class Unread(msgspec.Struct, frozen=True):
    unread: int
    mentions: int


# ---- Server to client


class Frame(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """A frame from the server. `encode` returns its text."""

    _encoder: ClassVar = msgspec.json.Encoder()

    def encode(self) -> str:
        return self._encoder.encode(self).decode()


class Hello(Frame, tag="hello", frozen=True, kw_only=True):
    protocol: int = PROTOCOL_VERSION
    you: PersonData
    room: RoomData
    cursor: str
    people: list[PersonData]
    count: int
    read: int
    standing: Standing | None = None  # older servers do not send it
    limits: Limits
    heartbeat: int = HEARTBEAT_SECONDS
    floor: int = 0  # messages with a seq up to this do not exist for the person


class Changes(Frame, tag="changes", frozen=True, kw_only=True):
    cursor: str
    messages: list[msgspec.Raw]


class Reset(Frame, tag="reset", frozen=True, kw_only=True):
    cursor: str


class Ok(Frame, tag="ok", frozen=True, kw_only=True, omit_defaults=True):
    ref: str | None = None
    client_id: UUID | None = None
    seq: int | None = None
    rev: int | None = None
    outside: list[int] = []  # the ids of people whom the text names and who may not read the room


class Error(Frame, tag="error", frozen=True, kw_only=True, omit_defaults=True):
    ref: str | None = None
    code: Code
    detail: str
    retry_after: float | None = None


class People(Frame, tag="people", frozen=True, kw_only=True):
    joined: list[PersonData]
    left: list[int]
    count: int


class Typing(Frame, tag="typing", frozen=True, kw_only=True):
    person: PersonData
    on: bool


class Rooms(Frame, tag="rooms", frozen=True, kw_only=True, omit_defaults=True):
    """Unread counts of other rooms, changes of the person's rooms, and their read position in this room.

    Another connection has read up to `read`, or has marked `unread_from` and later messages as unread. `joined` are the
    rooms that the person became a member of, and `left` those that they lost or left. `changed` are those with another
    name, topic, visibility, notification level or star, or that were archived or unarchived. The three may name this
    room too.
    """

    unread: dict[str, Unread]
    read: int | None = None
    unread_from: int | None = None
    joined: list[ListedRoom] = []
    changed: list[ListedRoom] = []
    left: list[str] = []


class Alert(Frame, tag="alert", frozen=True, kw_only=True):
    """A message of another room that may notify the person. `room` is the room's slug."""

    room: str
    message: msgspec.Raw


class Saved(Frame, tag="saved", frozen=True, kw_only=True):
    """The person saved a message of the room, or removed it from their saved ones, on any of their connections."""

    room: str
    seq: int
    on: bool


class CommandAnswer(Frame, tag="ephemeral", frozen=True, kw_only=True):
    """The answer to the command `name`, for the person who has called it. It is stored nowhere."""

    name: str
    text: str
    html: str


class Online(Frame, tag="online", frozen=True, kw_only=True):
    """The ids of people in open direct conversations of the person who are online now, and of those who no longer are.

    The first frame after `hello` lists everyone who is online. Someone without such a conversation gets none.
    """

    on: list[int]
    off: list[int]


class Pong(Frame, tag="pong", frozen=True, kw_only=True, omit_defaults=True):
    ref: str | None = None
    cursor: str


class StandingChanged(Frame, tag="standing", frozen=True, kw_only=True):
    standing: Standing


class Bye(Frame, tag="bye", frozen=True, kw_only=True, omit_defaults=True):
    reason: str
    reconnect_after: float | None = None


FRAMES = (
    Hello,
    Changes,
    Reset,
    Ok,
    Error,
    People,
    Typing,
    Rooms,
    Alert,
    Saved,
    CommandAnswer,
    Online,
    Pong,
    StandingChanged,
    Bye,
)
_reader = msgspec.json.Decoder(Union[FRAMES])  # noqa: UP007


def read(text: str | bytes) -> Frame | None:
    """Parse a frame from the server. Returns None for an unknown type, which a newer server may send.

    Raises FrameError for anything that is not a frame.
    """
    try:
        return _reader.decode(text)
    except msgspec.DecodeError as error:
        try:
            kind = msgspec.json.decode(text, type=_Tagged).type
        except msgspec.DecodeError:
            kind = None
        if kind is None or any(kind == frame.__struct_config__.tag for frame in FRAMES):
            raise FrameError(Code.BAD_FRAME, f"Not a frame of this protocol: {error}.") from error
        return None


class _Tagged(msgspec.Struct):
    type: str

"""The records of an archive. They are the lines of this site's own format, and what readers of others make."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, Protocol
from uuid import UUID

import msgspec

from chat.models import Level, Membership, Room, Theme

VERSION = 1


class ArchiveHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The first file of an archive of this site. `max_body` is the site's limit on the length of messages."""

    format: str
    version: int
    site: str
    exported_at: datetime
    max_body: int


class FileRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An uploaded file. Its bytes are at `files/<key>` of the archive, and a thumbnail at `thumbs/<key>`.

    `source` is the path of bytes that have not been processed, in an archive of another program.
    """

    key: str
    name: str
    size: int
    created_at: datetime
    sha256: str = ""
    owner: UUID | None = None
    alt: str = ""
    color: str = ""
    thumb: bool = False
    source: str = ""


class PreviewRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    url: str
    created_at: datetime
    title: str = ""
    description: str = ""
    site: str = ""
    image: FileRecord | None = None
    hidden_by: UUID | None = None
    hidden_at: datetime | None = None


class PersonRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person. The owner of the mailbox `email` can take the account over."""

    id: UUID
    name: str
    joined_at: datetime | None = None
    email: str = ""
    guest: bool = False
    bot: bool = False
    color: int | None = None
    theme: Theme = Theme.SYSTEM
    notify: Level = Level.ALL
    avatar: FileRecord | None = None
    blocked: dict[UUID, datetime] = {}


class BookmarkRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    seq: int
    at: datetime
    note: str = ""


class MemberRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A membership, and what the person has saved in the room. Without `read`, all is read."""

    person: UUID
    role: Membership.Role = Membership.Role.MEMBER
    joined_at: datetime | None = None
    read: int | None = None
    notify: Level | None = None
    muted_until: datetime | None = None
    mute_reason: str = ""
    banned_at: datetime | None = None
    ban_reason: str = ""
    closed_at: datetime | None = None
    left_at: datetime | None = None
    floor: int | None = None
    starred_at: datetime | None = None
    closed_seq: int | None = None
    added_by: UUID | None = None
    bookmarks: list[BookmarkRecord] = []


class RoomRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A room. `people` are those of a direct conversation. `seq` is the last position of its log, if it is known."""

    id: UUID
    name: str
    created_at: datetime
    visibility: Room.Visibility = Room.Visibility.PUBLIC
    slug: str = ""
    topic: str = ""
    created_by: UUID | None = None
    archived_at: datetime | None = None
    keep_days: int | None = None
    is_default: bool = False
    room_mentions: Room.RoomMentions = Room.RoomMentions.MODERATORS
    joining: Room.Joining | None = None
    history: Room.History = Room.History.ALL
    posting: Room.WhoPosts = Room.WhoPosts.EVERYONE
    members_invite: bool = False
    people: list[UUID] = []
    seq: int | None = None
    active_at: datetime | None = None


class MessageRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message. `seq` is its position in the room's log, and `reply_to` that of the message it answers.

    Archives without positions have `answers` instead, the id of that message, which `is_answered`.
    """

    id: UUID
    created_at: datetime
    author: UUID | None = None
    body: str = ""
    seq: int | None = None
    reply_to: int | None = None
    answers: UUID | None = None
    is_answered: bool = False
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reactions: list[tuple[str, list[UUID]]] = []
    files: list[FileRecord] = []
    previews: list[PreviewRecord] = []


class Archive(Protocol):
    """An archive that was read once when it was opened, so it has no errors. Each call of a method reads it again."""

    # The number of messages, and of what is left out or changed, by words for the operator.
    size: int
    notes: "Counter[str]"

    def people(self) -> Iterator[PersonRecord]: ...

    def rooms(self) -> Iterator[RoomRecord]: ...

    def members(self, room: RoomRecord) -> Iterator[MemberRecord]: ...

    def messages(self, room: RoomRecord) -> Iterator[MessageRecord]: ...

    def use_names(self, people: Mapping[UUID, str], rooms: Mapping[UUID, str]) -> None:
        """Set the names of people and the addresses of rooms that texts name, as they are on this site."""

    def open_file(self, path: str) -> BinaryIO | None:
        """Return the bytes at a path in the archive, or None if it has no such file."""

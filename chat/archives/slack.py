"""Slack's export: a folder of days for each conversation, and lists of people and conversations."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, TypeVar
from uuid import UUID

import msgspec

from chat.archives import slack_messages
from chat.archives.container import ArchiveError, Container, read
from chat.archives.identity import id_of
from chat.archives.records import MemberRecord, MessageRecord, PersonRecord, RoomRecord
from chat.archives.slack_json import SlackConversation, SlackMessage, SlackUser, is_program, moment, time_of
from chat.models import Membership, Room

USERS = "users.json"
VISIBILITIES = {
    "channels.json": Room.Visibility.PUBLIC,
    "groups.json": Room.Visibility.PRIVATE,
    "mpims.json": Room.Visibility.DIRECT,
    "dms.json": Room.Visibility.DIRECT,
}
# Programs that export files put them there, each in a folder with the id of the file.
_UPLOADS = "__uploads"

T = TypeVar("T")


class SlackArchive:
    """An export of a workspace. Opening it reads every message once."""

    def __init__(self, container: Container, *, skips_broken: bool = False):
        self.notes: Counter[str] = Counter()
        self.size = 0
        self._container = container
        self._top = min((it for it in container.names() if _is(it, USERS)), key=len).removesuffix(USERS)
        self._people = {it.id: it for it in self._listed(USERS, SlackUser)}
        self._strangers: dict[str, str] = {}
        self._rooms: dict[UUID, tuple[SlackConversation, str]] = {}
        for name, visibility in VISIBILITIES.items():
            for it in self._listed(name, SlackConversation):
                self._rooms.setdefault(id_of("slack room", it.id), (it, visibility))
        self._days, self._uploads = self._folders()
        self._broken: set[str] = set()
        self._names = slack_messages.Names(self._uploads)
        self._check(skips_broken)

    @staticmethod
    def recognizes(container: Container) -> bool:
        return any(_is(name, USERS) for name in container.names())

    # ---- Records

    def people(self) -> Iterator[PersonRecord]:
        """Yield the people of the workspace, and then others who have written or reacted.

        A deleted account has no email here, so no one takes it over.
        """
        for it in self._people.values():
            email = it.profile.email if it.profile and not it.deleted else None
            yield PersonRecord(id=person_id(it.id), name=it.shown_name, email=email or "", bot=bool(it.is_bot))
        for slack_id, name in self._strangers.items():
            yield PersonRecord(id=person_id(slack_id), name=name or f"Slack user {slack_id}", bot=is_program(slack_id))

    def rooms(self) -> Iterator[RoomRecord]:
        for room_id, (it, visibility) in self._rooms.items():
            created_at = moment(int(it.created or 0))
            is_direct = visibility == Room.Visibility.DIRECT
            yield RoomRecord(
                id=room_id,
                name=it.name or it.id,
                created_at=created_at,
                visibility=Room.Visibility(visibility),
                topic=(it.topic and it.topic.value) or (it.purpose and it.purpose.value) or "",
                created_by=self._known(it.creator),
                archived_at=created_at if it.is_archived else None,
                members_invite=visibility == Room.Visibility.PRIVATE,
                people=[person for member in it.members or () if (person := self._known(member))] if is_direct else [],
            )

    def members(self, room: RoomRecord) -> Iterator[MemberRecord]:
        """Yield the members. The creator of a channel owns the room."""
        conversation, _ = self._rooms[room.id]
        for member in dict.fromkeys(conversation.members or ()):
            if person := self._known(member):
                owns = member == conversation.creator and not room.people
                role = Membership.Role.OWNER if owns else Membership.Role.MEMBER
                yield MemberRecord(person=person, role=role, joined_at=room.created_at)

    def messages(self, room: RoomRecord) -> Iterator[MessageRecord]:
        return self._messages(room.id, Counter())

    def use_names(self, people: Mapping[UUID, str], rooms: Mapping[UUID, str]) -> None:
        self._names.people = {it: people[person_id(it)] for it in self._people if person_id(it) in people}
        self._names.rooms = {it.id: rooms[room_id] for room_id, (it, _) in self._rooms.items() if room_id in rooms}

    def open_file(self, path: str) -> BinaryIO | None:
        return self._container.open(path) if self._container.has(path) else None

    # ---- Reading

    def _check(self, skips_broken: bool) -> None:
        """Read everything once: count, find people who are not listed, and name the files that are broken."""
        broken: list[str] = []
        for room_id, (conversation, _) in self._rooms.items():
            for name in self._days.get(self._folder_of(room_id), ()):
                try:
                    msgspec.json.decode(read(self._container, name), type=list[msgspec.Raw])
                except (ArchiveError, msgspec.MsgspecError, RecursionError) as error:
                    broken.append(f"{name}: {error}")
                    self._broken.add(name)
            self.size += sum(1 for _ in self._messages(room_id, self.notes))
            self.notes["pins"] += len(conversation.pins or ())
        if broken and not skips_broken:
            raise ArchiveError("\n".join(["These files can't be read:", *broken]))
        self.notes["files of messages that can’t be read"] += len(broken)

    def _messages(self, room_id: UUID, notes: "Counter[str]") -> Iterator[MessageRecord]:
        conversation, _ = self._rooms[room_id]
        for message in self._of_days(self._days.get(self._folder_of(room_id), ()), notes):
            at = time_of(message.ts)
            if at is None:
                notes["messages with an invalid time"] += 1
                continue
            for it in (message.author, *(user for each in message.reactions or () for user in each.users or ())):
                self._meet(it, message)
            yield from slack_messages.records(conversation.id, message, at, self._names, notes)

    def _of_days(self, days: Iterable[str], notes: "Counter[str]") -> Iterator[SlackMessage]:
        for name in days:
            if name in self._broken:
                continue
            found: list[SlackMessage] = []
            for raw in msgspec.json.decode(read(self._container, name), type=list[msgspec.Raw]):
                try:
                    found.append(msgspec.json.decode(raw, type=SlackMessage))
                except (msgspec.MsgspecError, RecursionError):
                    notes["messages that can’t be read"] += 1
            yield from sorted(found, key=_order)

    def _meet(self, slack_id: str, message: SlackMessage) -> None:
        """Remember an author or a reacting person who is not among the users, with the best name there is."""
        if slack_id and slack_id not in self._people and not self._strangers.get(slack_id):
            self._strangers[slack_id] = message.shown_name if slack_id == message.author else ""

    def _known(self, slack_id: str | None) -> UUID | None:
        return person_id(slack_id) if slack_id in self._people or slack_id in self._strangers else None

    def _listed(self, name: str, type_: type[T]) -> list[T]:
        if not self._container.has(self._top + name):
            return []
        try:
            return msgspec.json.decode(read(self._container, self._top + name), type=list[type_])  # type: ignore[valid-type]
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ArchiveError(f"{name} can't be read: {error}") from error

    def _folder_of(self, room_id: UUID) -> str:
        """Return the name of the folder with the days: the name of a channel, the id of a direct message."""
        conversation, _ = self._rooms[room_id]
        return conversation.name or conversation.id

    def _folders(self) -> tuple[dict[str, list[str]], dict[str, str]]:
        """Return the files of the days of each conversation, in order, and the paths of uploaded files by id."""
        days: dict[str, list[str]] = {}
        uploads: dict[str, str] = {}
        for name in sorted(self._container.names()):
            if not name.startswith(self._top):
                continue
            parts = name.removeprefix(self._top).split("/")
            if len(parts) == 3 and parts[0] == _UPLOADS:
                uploads[parts[1]] = name
            elif len(parts) == 2 and name.endswith(".json"):
                days.setdefault(parts[0], []).append(name)
        return days, uploads


def person_id(slack_id: str) -> UUID:
    return id_of("slack person", slack_id)


def _order(message: SlackMessage) -> datetime:
    return time_of(message.ts) or moment(0)


def _is(name: str, document: str) -> bool:
    return name == document or name.endswith(f"/{document}")

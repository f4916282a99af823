"""This site's own archives: JSON lines of records, as `chat/archives/writing.py` writes them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import BinaryIO, TypeVar
from uuid import UUID

import msgspec
from django.conf import settings

from chat.archives.container import ArchiveError, Container, read
from chat.archives.records import VERSION, ArchiveHeader, MemberRecord, MessageRecord, PersonRecord, RoomRecord

FORMAT = "chatsite"
HEADER, PEOPLE, ROOMS = "header.json", "people.jsonl", "rooms.jsonl"
# A message with many reactions, or a person who has blocked many.
MAX_LINE_BYTES = 8 * 1024 * 1024

T = TypeVar("T")


class SiteArchive:
    """An archive of a site like this one. Opening it reads every line once."""

    def __init__(self, container: Container):
        self.notes: Counter[str] = Counter()
        self.size = 0
        self._container = container
        self._numbers: dict[UUID, int] = {}
        _check_header(container)
        self._check()

    @staticmethod
    def recognizes(container: Container) -> bool:
        return container.has(HEADER)

    def people(self) -> Iterator[PersonRecord]:
        return self._lines(PEOPLE, PersonRecord)

    def rooms(self) -> Iterator[RoomRecord]:
        return self._lines(ROOMS, RoomRecord)

    def members(self, room: RoomRecord) -> Iterator[MemberRecord]:
        return self._lines(members_of(self._numbers[room.id]), MemberRecord)

    def messages(self, room: RoomRecord) -> Iterator[MessageRecord]:
        return self._lines(messages_of(self._numbers[room.id]), MessageRecord)

    def use_names(self, people: Mapping[UUID, str], rooms: Mapping[UUID, str]) -> None:
        """Do nothing. Texts name people and rooms as people have typed them."""

    def open_file(self, path: str) -> BinaryIO | None:
        return self._container.open(path) if self._container.has(path) else None

    def _check(self) -> None:
        for number, room in enumerate(self.rooms(), 1):
            if self._numbers.setdefault(room.id, number) != number:
                raise ArchiveError(f"{ROOMS} has the room {room.name!r} twice.")
        for _ in self.people():
            pass
        for room in self.rooms():
            last = 0
            for _ in self.members(room):
                pass
            for message in self.messages(room):
                if message.seq is None or message.seq <= last:
                    raise ArchiveError(f"The messages of {room.name!r} are not in the order of their positions.")
                last = message.seq
                self.size += 1
            if last > (room.seq or 0):
                raise ArchiveError(f"The room {room.name!r} has a message after its last position.")

    def _lines(self, name: str, record: type[T]) -> Iterator[T]:
        decoder = msgspec.json.Decoder(record)
        if not self._container.has(name):
            raise ArchiveError(f"The archive has no {name}.")
        with self._container.open(name) as opened:
            number = 0
            while line := opened.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise ArchiveError(f"Line {number} of {name} is longer than {MAX_LINE_BYTES >> 20} MiB.")
                try:
                    yield decoder.decode(line)
                except (msgspec.MsgspecError, RecursionError) as error:
                    raise ArchiveError(f"Line {number} of {name} can't be read: {error}") from error


def members_of(number: int) -> str:
    return f"members/{number:06}.jsonl"


def messages_of(number: int) -> str:
    return f"messages/{number:06}.jsonl"


def _check_header(container: Container) -> None:
    try:
        header = msgspec.json.decode(read(container, HEADER), type=ArchiveHeader)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ArchiveError(f"{HEADER} can't be read: {error}") from error
    if header.format != FORMAT or header.version != VERSION:
        raise ArchiveError(f"The archive has version {header.version} of the format {header.format!r}.")
    if header.max_body > settings.CHAT_MAX_BODY:
        detail = f"Set CHAT_MAX_BODY to {header.max_body} or more. This is {settings.CHAT_MAX_BODY}."
        raise ArchiveError(f"The archive has messages that are longer than this site allows. {detail}")

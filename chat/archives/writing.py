"""Writing an archive of the whole site. Every row is read in pages, and people may write meanwhile.

People are read last, so that all who appear in the messages are there.
"""

import shutil
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from chat import direct_rooms
from chat.archives import site
from chat.archives.identity import id_of
from chat.archives.records import (
    VERSION,
    ArchiveHeader,
    BookmarkRecord,
    FileRecord,
    MemberRecord,
    MessageRecord,
    PersonRecord,
    PreviewRecord,
    RoomRecord,
)
from chat.db.backups import partial_file
from chat.exports.streaming import all_rows
from chat.files import storage
from chat.models import (
    Attachment,
    Block,
    Bookmark,
    File,
    ImportedItem,
    Level,
    Membership,
    Message,
    Person,
    Preview,
    Reaction,
    Room,
    Theme,
)
from chat.models.messages import MessageQuerySet
from chat.text.cleaning import canonical_emoji

PAGE = 500
# The same for every file, so that the same content gives the same bytes.
DATE = (1980, 1, 1, 0, 0, 0)

_encoder = msgspec.json.Encoder()


@dataclass
class Written:
    """The numbers of what an archive has."""

    people: int = 0
    rooms: int = 0
    messages: int = 0
    files: int = 0
    missing_files: int = 0


def write(path: Path, *, with_files: bool, progress: Callable[[int], object] = lambda count: None) -> Written:
    """Write the archive to a new file that only its owner can read. It gets its name when it is complete."""
    with (
        partial_file(path) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as opened,
    ):
        writer = _Writer(opened, progress)
        writer.write(with_files=with_files)
    return writer.written


@dataclass
class _Writer:
    archive: zipfile.ZipFile
    progress: Callable[[int], object]
    written: Written = field(default_factory=Written)
    longest: int = 1
    ids: "Ids" = field(default_factory=lambda: Ids())

    def write(self, *, with_files: bool) -> None:
        numbers: dict[int, int] = {}
        self._lines(site.ROOMS, self._rooms(numbers))
        for room_id, number in numbers.items():
            self._lines(site.members_of(number), self._members(room_id))
            self._lines(site.messages_of(number), self._messages(room_id))
        self._lines(site.PEOPLE, self._people())
        if with_files:
            self._files()
        now = timezone.now()
        header = ArchiveHeader(
            format=site.FORMAT, version=VERSION, site=self.ids.site, exported_at=now, max_body=self.longest
        )
        with self._file(site.HEADER) as opened:
            opened.write(_encoder.encode(header) + b"\n")

    def _file(self, name: str) -> Any:
        info = zipfile.ZipInfo(name, DATE)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        return self.archive.open(info, "w", force_zip64=True)

    def _lines(self, name: str, records: Iterable[msgspec.Struct]) -> None:
        with self._file(name) as opened:
            for record in records:
                opened.write(_encoder.encode(record) + b"\n")

    # ---- Records

    def _rooms(self, numbers: dict[int, int]) -> Iterator[RoomRecord]:
        for number, room in enumerate(all_rows(Room.objects.select_related("head"), PAGE), 1):
            numbers[room.pk] = number
            self.written.rooms += 1
            people = direct_rooms.ids_in(room.direct_key) if room.direct_key else []
            yield RoomRecord(
                id=self.ids.room(room.pk),
                name=room.name,
                created_at=room.created_at,
                visibility=Room.Visibility(room.visibility),
                slug=room.slug,
                topic=room.topic,
                created_by=self.ids.person(room.created_by_id),
                archived_at=room.archived_at,
                keep_days=room.keep_days,
                is_default=room.is_default,
                room_mentions=Room.RoomMentions(room.room_mentions),
                joining=Room.Joining(room.joining) if room.joining else None,
                history=Room.History(room.history),
                posting=Room.WhoPosts(room.posting),
                members_invite=room.members_invite,
                people=[self.ids.of_person(it) for it in people],
                seq=room.head.seq,
                active_at=room.head.active_at,
            )

    def _members(self, room_id: int) -> Iterator[MemberRecord]:
        rows = Membership.objects.filter(room=room_id)
        for page in _pages(rows):
            saved: dict[int, list[BookmarkRecord]] = {}
            people = [it.person_id for it in page]
            for it in Bookmark.objects.filter(room=room_id, person__in=people).order_by("person", "seq"):
                saved.setdefault(it.person_id, []).append(BookmarkRecord(seq=it.seq, at=it.at, note=it.note))
            yield from (self._member(it, saved.get(it.person_id, [])) for it in page)

    def _member(self, row: Membership, bookmarks: list[BookmarkRecord]) -> MemberRecord:
        return MemberRecord(
            person=self.ids.of_person(row.person_id),
            role=Membership.Role(row.role),
            joined_at=row.joined_at,
            read=row.read_seq,
            notify=Level(row.notify) if row.notify else None,
            muted_until=row.muted_until,
            mute_reason=row.mute_reason,
            banned_at=row.banned_at,
            ban_reason=row.ban_reason,
            closed_at=row.closed_at,
            left_at=row.left_at,
            floor=row.floor_seq,
            starred_at=row.starred_at,
            closed_seq=row.closed_seq,
            added_by=self.ids.person(row.added_by_id),
            bookmarks=bookmarks,
        )

    def _messages(self, room_id: int) -> Iterator[MessageRecord]:
        for page in _by_seq(Message.objects.filter(room=room_id).defer("html", "search_text")):
            ids = [it.pk for it in page]
            reactions, files, previews = self._reactions(ids), self._attached(ids), self._previews(ids)
            self.written.messages += len(page)
            self.longest = max(self.longest, *(len(it.body) for it in page))
            for it in page:
                yield MessageRecord(
                    id=it.client_id,
                    created_at=it.created_at,
                    author=self.ids.person(it.author_id),
                    body=it.body,
                    seq=it.seq,
                    reply_to=it.reply_to,
                    edited_at=it.edited_at,
                    deleted_at=it.deleted_at,
                    reactions=[(emoji, list(people)) for emoji, people in reactions.get(it.pk, {}).items()],
                    files=files.get(it.pk, []),
                    previews=previews.get(it.pk, []),
                )
            self.progress(len(page))

    def _reactions(self, messages: Collection[int]) -> dict[int, dict[str, dict[UUID, None]]]:
        found: dict[int, dict[str, dict[UUID, None]]] = {}
        for it in Reaction.objects.on(messages):
            people = found.setdefault(it.message_id, {}).setdefault(canonical_emoji(it.emoji), {})
            people[self.ids.of_person(it.person_id)] = None
        return found

    def _attached(self, messages: Collection[int]) -> dict[int, list[FileRecord]]:
        found: dict[int, list[FileRecord]] = {}
        rows = Attachment.objects.filter(message__in=messages).select_related("file").order_by("message", "position")
        for it in rows:
            found.setdefault(it.message_id, []).append(self._file_record(it.file))
        return found

    def _previews(self, messages: Collection[int]) -> dict[int, list[PreviewRecord]]:
        found: dict[int, list[PreviewRecord]] = {}
        for it in Preview.objects.filter(message__in=messages).select_related("image").order_by("message", "pk"):
            record = PreviewRecord(
                url=it.url,
                created_at=it.created_at,
                title=it.title,
                description=it.description,
                site=it.site,
                image=self._file_record(it.image) if it.image else None,
                hidden_by=self.ids.person(it.hidden_by_id),
                hidden_at=it.hidden_at,
            )
            found.setdefault(it.message_id, []).append(record)
        return found

    def _people(self) -> Iterator[PersonRecord]:
        """Yield all people but those whose accounts wait to be verified or approved.

        A closed account has no address, so that no one takes it over on another site.
        """
        rows = Person.objects.filter(Q(pending_since=None) | Q(is_guest=True)).select_related("avatar")
        for page in _pages(rows):
            blocked: dict[int, list[Block]] = {}
            for it in Block.objects.filter(person__in=[row.pk for row in page]).order_by("pk"):
                blocked.setdefault(it.person_id, []).append(it)
            ids = [row.pk for row in page if not row.is_active]
            unclaimed = set(Person.objects.unclaimed().filter(pk__in=ids).values_list("pk", flat=True))
            for row in page:
                self.written.people += 1
                yield PersonRecord(
                    id=self.ids.of_person(row.pk),
                    name=row.name,
                    joined_at=row.date_joined,
                    email=row.email if (row.is_active and not row.is_bot) or row.pk in unclaimed else "",
                    guest=row.is_guest,
                    bot=bool(row.is_bot),
                    color=row.color,
                    theme=Theme(row.theme),
                    notify=Level(row.notify),
                    avatar=self._file_record(row.avatar) if row.avatar else None,
                    blocked={self.ids.of_person(it.blocked_id): it.created_at for it in blocked.get(row.pk, [])},
                )

    def _file_record(self, file: File) -> FileRecord:
        return FileRecord(
            key=file.key,
            name=file.name,
            size=file.size,
            created_at=file.created_at,
            sha256=file.sha256 if file.state == File.FileState.READY else "",
            owner=self.ids.person(file.owner_id),
            alt=file.alt,
            color=file.color,
            thumb=bool(file.thumb_path),
        )

    # ---- Files

    def _files(self) -> None:
        """Write the bytes of all files that messages, previews and profiles use."""
        for file in all_rows(File.objects.filter(expires_at=None, state=File.FileState.READY), PAGE):
            copied = self._copy(file.path, f"files/{file.key}")
            if copied and file.thumb_path:
                self._copy(file.thumb_path, f"thumbs/{file.key}")
            self.written.files += copied
            self.written.missing_files += not copied

    def _copy(self, source: str, name: str) -> bool:
        with suppress(*storage.errors()):
            with storage.files().open(source) as opened, self._file(name) as copied:
                shutil.copyfileobj(opened, copied)
            return True
        return False


class Ids:
    """The ids of people and rooms in archives. Those that came from an archive keep the id that they had there."""

    def __init__(self) -> None:
        self.site = settings.SITE_URL or settings.SITE_NAME
        self._people: dict[int, UUID] = {}
        self._rooms: dict[int, UUID] = {}
        for pk, person, room in ImportedItem.objects.order_by("pk").values_list("pk", "person", "room"):
            if person:
                self._people.setdefault(person, pk)
            if room:
                self._rooms.setdefault(room, pk)

    def person(self, pk: int | None) -> UUID | None:
        return None if pk is None else self.of_person(pk)

    def of_person(self, pk: int) -> UUID:
        return self._people.get(pk) or id_of("person", self.site, str(pk))

    def room(self, pk: int) -> UUID:
        return self._rooms.get(pk) or id_of("room", self.site, str(pk))


def _pages(rows: "QuerySet[Any]") -> Iterator[list[Any]]:
    last = 0
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:PAGE]):
        last = page[-1].pk
        yield page


def _by_seq(rows: MessageQuerySet) -> Iterator[list[Message]]:
    last = 0
    while page := list(rows.after(last)[:PAGE]):
        last = page[-1].seq
        yield page

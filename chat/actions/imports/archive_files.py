"""The files of an archive. Those of this site's own archives are processed already. Others are processed like uploads.

Objects are stored before the rows, so a run that is cut may leave some. The site removes such objects after a while.
"""

import base64
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.conf import settings

from chat.actions.files import processing
from chat.actions.files.avatars import NAME as AVATAR_NAME
from chat.actions.files.quotas import MB
from chat.actions.imports.report import Imported, ImportReport, pk_of
from chat.archives.records import Archive, FileRecord, PersonRecord, PreviewRecord
from chat.files import kinds, scanning, storage
from chat.files.dimensions import dimensions
from chat.models import File, Person, Preview
from chat.models.files import ALT_MAX_LENGTH, KEY_LENGTH
from chat.text.cleaning import clean_line
from chat.text.file_names import clean_file_name

HEAD_BYTES = 1024 * 1024
THUMB_TYPE = "image/webp"
_KEY = re.compile(rf"[\w-]{{{KEY_LENGTH}}}", re.ASCII)
_COLOR = re.compile("#[0-9a-f]{6}")


@dataclass
class BatchFiles:
    """The files of a batch of messages. They are stored, and `save` adds their rows."""

    archive: Archive
    people: Mapping[UUID, Imported]
    report: ImportReport
    new: dict[str, File] = field(default_factory=dict)

    def of_message(self, records: Collection[FileRecord]) -> tuple[list[File], list[str]]:
        """Return the files of a message, and lines that name those which are not there."""
        found: list[File] = []
        missing: list[str] = []
        for record in records:
            file = self._file(record)
            if file is None:
                self.report.notes["files that can’t be imported, named in their messages"] += 1
                missing.append(f"File: {clean_file_name(record.name)}")
            else:
                found.append(file)
        return found, missing

    def previews(self, records: Iterable[PreviewRecord]) -> list[Preview]:
        """Return the previews of a message. Messages with the same link share a picture."""
        by_url = {it.url: it for it in records if it.url.startswith(("http://", "https://")) and len(it.url) <= 2000}
        return [
            Preview(
                url=url,
                title=clean_line(it.title, 120),
                description=clean_line(it.description, 300),
                site=clean_line(it.site, 120),
                image=self._picture(it.image) if it.image else None,
                hidden_by_id=pk_of(self.people, it.hidden_by),
                hidden_at=it.hidden_at,
                created_at=it.created_at,
            )
            for url, it in by_url.items()
        ]

    def save(self, used: Iterable[File]) -> None:
        """Add the rows of the files among these that have none."""
        File.objects.bulk_create({it.key: it for it in used if it.pk is None}.values())

    def _file(self, record: FileRecord) -> File | None:
        key = key_of(record)
        if key in self.new or File.objects.filter(key=key).exists():
            return None  # a file has one message
        file = stored(self.archive, record, key, is_dry=self.report.is_dry)
        if file is not None:
            file.owner_id = pk_of(self.people, record.owner)
            self.new[key] = file
        return file

    def _picture(self, record: FileRecord) -> File | None:
        there = File.objects.filter(key=record.key, attachment=None, owner=None).exclude(previews=None).first()
        if there is not None or record.key in self.new:
            return there or self.new[record.key]
        return self._file(record)


def key_of(record: FileRecord) -> str:
    """Return the key of a file: its own, or one that follows from its id in an archive of another program."""
    if _KEY.fullmatch(record.key) and not record.source:
        return record.key
    digest = hashlib.sha256(f"file\n{record.key}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def stored(archive: Archive, record: FileRecord, key: str, *, is_dry: bool, is_avatar: bool = False) -> File | None:
    """Store the bytes of a file. Return it without a row, or None if it is missing, damaged, too large or refused."""
    path = record.source or f"files/{record.key}"
    file = File(
        key=key,
        name=clean_file_name(record.name),
        alt=clean_line(record.alt, ALT_MAX_LENGTH),
        created_at=record.created_at,
        color=record.color if _COLOR.fullmatch(record.color) else "",
        size=0,
    )
    with TemporaryDirectory(prefix="chat-import-") as folder:
        source = Path(folder, "source")
        if not settings.CHAT_FILES or not _copy(archive, path, source):
            return None
        if is_dry:
            return file
        if record.source:
            fields = processing.processed(file, source)
        else:
            fields = _ready(archive, record, file, source, is_avatar=is_avatar)
    if fields.get("state") != File.FileState.READY:
        return None
    for name, value in fields.items():
        setattr(file, name, value)
    file.offset = file.size
    return file


def stored_avatar(archive: Archive, record: PersonRecord) -> File | None:
    """Store the picture of a profile. Return it without a row."""
    if record.avatar is None or File.objects.filter(key=key_of(record.avatar)).exists():
        return None
    return stored(archive, record.avatar, key_of(record.avatar), is_dry=False, is_avatar=True)


def set_avatar(person: Person, file: File | None) -> None:
    if file is not None:
        file.owner, file.name = person, AVATAR_NAME
        file.save()
        person.avatar = file
        person.save(update_fields=["avatar"])


def _copy(archive: Archive, path: str, target: Path) -> bool:
    """Copy a file of the archive, and return whether it is there and not larger than files may be."""
    opened = archive.open_file(path)
    if opened is None:
        return False
    left = MB * int(settings.CHAT_FILE_MB)
    with opened, target.open("wb") as copy, suppress(EOFError):
        while left >= 0 and (part := opened.read(1024 * 1024)):
            copy.write(part)
            left -= len(part)
    return left >= 0 and target.stat().st_size > 0


def _ready(archive: Archive, record: FileRecord, file: File, source: Path, *, is_avatar: bool) -> dict[str, Any]:
    """Return the fields of a file that was processed by the site that has written the archive.

    What the file is follows from its bytes. A picture without its thumbnail is processed again.
    """
    with source.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != record.sha256:
            return {}
    found = kinds.recognize(_head(source), file.name)
    thumb: dict[str, Any] = {}
    if found.kind == File.MediaKind.IMAGE and not is_avatar:
        thumb = _thumb(archive, record, file, source.with_name("thumb"))
        if not thumb:
            return processing.processed(file, source)
    if (is_avatar and found.kind != File.MediaKind.IMAGE) or not scanning.is_clean(source):
        return {}
    look = {"kind": found.kind, "media_type": found.media_type, "width": found.width, "height": found.height}
    return {"state": File.FileState.READY, **look, **thumb, **processing.stored(file.key, source)}


def _thumb(archive: Archive, record: FileRecord, file: File, target: Path) -> dict[str, Any]:
    """Store the thumbnail of a picture. Return its fields, or none if there is no valid one."""
    if not record.thumb or not _copy(archive, f"thumbs/{record.key}", target):
        return {}
    head = _head(target)
    size = dimensions(head, THUMB_TYPE) if kinds.recognize(head).media_type == THUMB_TYPE else None
    if size is None:
        return {}
    path = storage.save_file(storage.object_name(file.key, "thumb"), target)
    return {"thumb_path": path, "thumb_width": size[0], "thumb_height": size[1]}


def _head(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(HEAD_BYTES)

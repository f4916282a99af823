"""The files of a batch: those that its posts attach, and those of the messages that its edits change."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from chat import parts
from chat.actions.files import removal
from chat.actions.mention_rows import Place
from chat.db.compiled_queries import BulkUpdate, CompiledQuery, ParamList
from chat.errors import ActionError
from chat.models import Attachment, File, Has, Message, Person
from chat.protocol import Code

# Locked, so that of two messages with the same file the second sees that the first has it.
UPLOADS = CompiledQuery(
    lambda: (
        File.objects.filter(key__in=ParamList("keys", File._meta.get_field("key")))
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )
)
_ATTACHMENTS, _FILES = Attachment._meta.db_table, File._meta.db_table
# Rows are (message, file, position). PostgreSQL changes both tables in one statement, while the room is locked.
ATTACH = BulkUpdate(
    f"INSERT INTO {_ATTACHMENTS} (message_id, file_id, position) VALUES (%s, %s, %s)",  # noqa: S608
    f"""
    WITH given AS (
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::smallint[]) AS given (message_id, file_id, position)
    ), used AS (
        UPDATE {_FILES} SET expires_at = NULL FROM given WHERE {_FILES}.id = given.file_id
    )
    INSERT INTO {_ATTACHMENTS} (message_id, file_id, position) SELECT message_id, file_id, position FROM given
    """,  # noqa: S608
)
USE_ON_SQLITE = f"UPDATE {_FILES} SET expires_at = NULL WHERE id = %s"  # noqa: S608


@dataclass(slots=True)
class MessageFiles:
    """The files of messages as a batch will leave them."""

    uploads: dict[str, File] = field(default_factory=dict)
    files: dict[Place, list[File]] = field(default_factory=dict)
    attached: dict[Place, Message] = field(default_factory=dict)
    removed: list[File] = field(default_factory=list)

    def load(self, keys: Collection[str], edited: Iterable[Message]) -> None:
        """Read the uploads with these keys, and the files of the edited messages. No statement if there are none."""
        if keys:
            self.uploads = {file.key: file for file in UPLOADS.rows(keys=keys)}
        places = {it.pk: (it.room_id, it.seq) for it in edited if it.has and it.has & parts.FILES}
        if places:
            rows = Attachment.objects.filter(message__in=places).select_related("file").order_by("message", "position")
            for row in rows:
                self.files.setdefault(places[row.message_id], []).append(row.file)

    def choose(self, person: Person, keys: Sequence[str], now: datetime) -> list[File]:
        """Return the files that a post attaches: complete uploads of the person that nothing uses yet."""
        if len(set(keys)) < len(keys):
            raise ActionError(Code.BAD_FRAME, "A message can have each file only once.")
        return [self._upload(person, key, now) for key in keys]

    def _upload(self, person: Person, key: str, now: datetime) -> File:
        file = self.uploads.get(key)
        if file is None or file.owner_id != person.pk:
            raise ActionError(Code.NOT_FOUND, "One of the files no longer exists. Upload it again.")
        if file.expires_at is None:
            raise ActionError(Code.CONFLICT, f"“{file.name}” is already in use. Upload it again to send it once more.")
        if file.expires_at <= now:
            raise ActionError(Code.EXPIRED, f"“{file.name}” was not sent in time. Upload it again.")
        if file.state == File.FileState.UPLOADING:
            raise ActionError(Code.CONFLICT, f"“{file.name}” is not uploaded yet. Wait until it is, and send it again.")
        return file

    def attach(self, message: Message, files: list[File]) -> None:
        """Give a new message its files."""
        place = (message.room_id, message.seq)
        self.files[place], self.attached[place] = files, message
        for file in files:
            file.expires_at = None

    def of(self, message: Message) -> list[File]:
        """Return the files of a new or edited message."""
        return self.files.get((message.room_id, message.seq), [])

    def known(self, messages: Iterable[Message]) -> dict[int, list[File]]:
        """Return the files of those messages whose files this batch has read, by the ids of the messages."""
        return {it.pk: files for it in messages if (files := self.of(it))} if self.files else {}

    def kept(self, message: Message, keys: Sequence[str] | None) -> list[File]:
        """Return those files of an edited message that stay. Without keys, all do."""
        files = self.of(message)
        if keys is None:
            return files
        if set(keys) - {file.key for file in files}:
            raise ActionError(Code.NOT_FOUND, "An edit can only keep or remove the files that the message has.")
        return [file for file in files if file.key in keys]

    def keep(self, message: Message, files: list[File]) -> None:
        """Remove the other files of the message."""
        self.removed += [file for file in self.of(message) if file not in files]
        self.files[message.room_id, message.seq] = files

    def save(self) -> None:
        """Store the attachments of the new messages, which have their ids by now. Remove what edits have removed."""
        rows = [
            (message.pk, file.pk, position)
            for place, message in self.attached.items()
            for position, file in enumerate(self.files[place])
        ]
        if rows:
            ATTACH(rows)
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.executemany(USE_ON_SQLITE, [(file_id,) for _, file_id, _ in rows])
        if self.removed:
            removal.remove(File.objects.filter(pk__in=[file.pk for file in self.removed]))


def bits_of(files: Iterable[File]) -> int:
    """Return the bits of `Has` for the files of a message."""
    has = 0
    for file in files:
        has |= int(Has.IMAGE if file.kind == File.MediaKind.IMAGE else Has.FILE)
    return has


def texts_of(files: Iterable[File]) -> list[str]:
    """Return the texts of files for the search index, in the order of `chat.search.attached_texts`."""
    return [text for file in files for text in (file.name, file.alt)]

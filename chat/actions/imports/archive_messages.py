"""The messages of a room of an archive, a few hundred in each transaction.

A message has an id that follows from the archive. So a run that was cut goes on, and another one adds nothing.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from chat import broadcast
from chat.actions.imports import log
from chat.actions.imports.archive_files import BatchFiles
from chat.actions.imports.archive_rooms import RoomTarget
from chat.actions.imports.log import Entry, Placed
from chat.actions.imports.report import Imported, ImportedPeople, ImportReport, pk_of
from chat.actions.rendered_body import RenderedBody
from chat.archives.records import Archive, MessageRecord, RoomRecord
from chat.models import Membership, Message, RoomHead
from chat.text import cleaning

BATCH = 500

Records = dict[UUID, MessageRecord]


def add(
    archive: Archive,
    room: RoomRecord,
    target: RoomTarget | None,
    people: ImportedPeople,
    report: ImportReport,
    progress: Callable[[int], object],
) -> None:
    """Append the messages of a room that are not there yet. `progress` gets the number of each batch."""
    stream = archive.messages(room)
    while batch := list(itertools.islice(stream, BATCH)):
        records: Records = {}
        for it in batch:
            records.setdefault(it.id, it)
        report.notes["messages that are twice in the archive"] += len(batch) - len(records)
        _add(archive, target, records, people, report)
        progress(len(batch))


def _add(
    archive: Archive, target: RoomTarget | None, records: Records, people: ImportedPeople, report: ImportReport
) -> None:
    known = _known(records.values(), people)
    report.messages_known += len(known)
    _remember(target, records, known)
    files = BatchFiles(archive, people, report)
    entries = {it.id: _entry(it, people, files) for it in records.values() if it.id not in known}
    entries = {pk: entry for pk, entry in entries.items() if not _is_empty(entry)}
    report.notes["messages without a text"] += len(records) - len(known) - len(entries)
    report.messages_added += len(entries)
    report.reactions_added += sum(len(entry.reactions) for entry in entries.values())
    report.files_added += sum(len(entry.files) for entry in entries.values())
    if target is not None and entries and not report.is_dry:
        bodies = log.rendered((it.body for it in entries.values()), settings.CHAT_MAX_BODY, names_all=True)
        _append(target, records, entries, dict(zip(entries, bodies, strict=True)), people, files)


@transaction.atomic
def _append(
    target: RoomTarget,
    records: Records,
    entries: dict[UUID, Entry],
    bodies: Mapping[UUID, RenderedBody],
    people: ImportedPeople,
    files: BatchFiles,
) -> None:
    head = RoomHead.objects.select_for_update(no_key=True).get(pk=target.room_id)
    known = _known((records[pk] for pk in entries), people)  # by another import, meanwhile
    placed: list[Placed] = []
    last = before = head.seq
    for pk, entry in entries.items():
        if pk in known:
            continue
        last = max(last + 1, records[pk].seq or 0)
        _remember(target, records, {pk: last})
        placed.append(Placed(entry, bodies[pk], pk, last, _original(target, records[pk])))
    if placed:
        files.save(file for it in placed for file in it.entry.files)
        files.save(it.image for entry in placed for it in entry.entry.previews if it.image)
        log.append(head, placed)
        _mark_read(target.room_id, before, last)
        broadcast.publish_moved(heads=[(target.room_id, last)])


def _mark_read(room_id: int, before: int, last: int) -> None:
    """Move the read positions of those who had read everything. What was imported is not new."""
    up_to_date = Membership.objects.filter(room=room_id, read_seq__gte=before, read_seq__lt=last)
    active = list(up_to_date.filter(person__is_active=True).values_list("person", flat=True))
    up_to_date.update(read_seq=last)
    broadcast.publish_moved(read=[(person_id, room_id, last, False) for person_id in active])


def _known(records: Iterable[MessageRecord], people: ImportedPeople) -> dict[UUID, int]:
    """Return the positions of those messages that are here already. At most two queries."""
    by_author: dict[int | None, list[UUID]] = {}
    for it in records:
        by_author.setdefault(pk_of(people, it.author), []).append(it.id)
    nobodys = by_author.pop(None, [])
    ids = [pk for its in by_author.values() for pk in its]
    is_here = Q(author__in=by_author, client_id__in=ids) if ids else Q(pk=None)
    rows = list(Message.objects.filter(is_here).values_list("client_id", "seq")) if ids else []
    if nobodys:
        rows += Message.objects.filter(author=None, client_id__in=nobodys).values_list("client_id", "seq")
    return dict(rows)


def _remember(target: RoomTarget | None, records: Records, seqs: Mapping[UUID, int]) -> None:
    """Remember the positions of messages that later ones answer."""
    if target is None:
        return
    for pk, seq in seqs.items():
        record = records[pk]
        if record.is_answered:
            target.answered[pk] = seq
        if record.seq not in (None, seq):
            target.moved[record.seq or 0] = seq


def _original(target: RoomTarget, record: MessageRecord) -> int | None:
    if record.answers is not None:
        return target.answered.get(record.answers)
    return None if record.reply_to is None else target.moved.get(record.reply_to, record.reply_to)


def _entry(it: MessageRecord, people: ImportedPeople, files: BatchFiles) -> Entry:
    body = it.body if len(it.body) <= settings.CHAT_MAX_BODY else f"{it.body[: settings.CHAT_MAX_BODY - 1]}…"
    attached, missing = files.of_message(it.files)
    return Entry(
        author=people.get(it.author) if it.author else None,
        body="\n".join([body, *missing]) if missing else body,
        created_at=it.created_at,
        edited_at=it.edited_at,
        deleted_at=it.deleted_at,
        reactions=list(_reactions(it, people)),
        files=attached,
        previews=files.previews(it.previews),
    )


def _reactions(it: MessageRecord, people: ImportedPeople) -> Iterator[tuple[Imported, str]]:
    for emoji, its in it.reactions:
        if cleaning.is_emoji(emoji):
            yield from ((people[person], emoji) for person in its if person in people)


def _is_empty(entry: Entry) -> bool:
    """Return whether there is nothing to show. A deleted message shows that it was there."""
    return entry.deleted_at is None and not entry.files and cleaning.is_blank(cleaning.clean_text(entry.body))

"""The rooms of an archive, with their members. A room is archived until all its messages are there."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from chat import broadcast, direct_rooms
from chat.actions import room_deletion
from chat.actions.direct import NAME as DIRECT_NAME
from chat.actions.imports.names import FreeNames, usable
from chat.actions.imports.report import ImportedPeople, ImportReport, pk_of
from chat.actions.retention import MAX_KEEP_DAYS
from chat.actions.rooms import SLUG_MAX_LENGTH, clean_topic, slug_of
from chat.archives.records import Archive, MemberRecord, RoomRecord
from chat.models import Bookmark, ImportedItem, Membership, Message, Room, RoomHead
from chat.models.memberships import REASON_MAX_LENGTH
from chat.models.messages import NOTE_MAX_LENGTH
from chat.models.rooms import ADDRESS_MAX_LENGTH
from chat.text.cleaning import clean_line
from chat.text.lookalikes import speaks_for_the_site

BATCH = 500
FALLBACK = "Imported room"
_DIRECT_ADDRESS = re.compile(r"d-[a-z0-9]{1,40}")
_ADDRESS = re.compile(rf"[\w-]{{1,{ADDRESS_MAX_LENGTH}}}")


@dataclass(slots=True)
class RoomTarget:
    """The room that a room of an archive became. With `is_done`, an earlier run has finished it."""

    room_id: int
    slug: str
    is_done: bool
    # The positions of messages that others answer, by id, and of those that have another position than in the archive.
    answered: dict[UUID, int] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)


def add(archive: Archive, people: ImportedPeople, report: ImportReport) -> dict[UUID, RoomTarget]:
    """Return the rooms of the archive as they are here. Those that are not yet are created."""
    known = {
        pk: RoomTarget(room_id, slug, done_at is not None)
        for pk, room_id, slug, done_at in ImportedItem.objects.exclude(room=None).values_list(
            "pk", "room", "room__slug", "done_at"
        )
    }
    found: dict[UUID, RoomTarget] = {}
    names = FreeNames()
    for record in archive.rooms():
        if record.id in known:
            report.rooms_known += 1
            found[record.id] = known[record.id]
        elif target := _add(archive, record, people, names, report):
            found[record.id] = target
    return found


@transaction.atomic
def finish(archive: Archive, record: RoomRecord, target: RoomTarget, people: ImportedPeople) -> None:
    """Set what depends on the messages, such as what members have read, and let people write in the room."""
    item = ImportedItem.objects.select_for_update(no_key=True).filter(pk=record.id, done_at=None)
    if not item.exists():
        return
    room = Room.objects.get(pk=target.room_id)
    head = RoomHead.objects.select_for_update(no_key=True).get(pk=room.pk)
    head.seq, head.active_at = max(head.seq, record.seq or 0), record.active_at or head.active_at
    head.save(update_fields=["seq", "active_at"])
    stream = archive.members(record)
    while members := list(itertools.islice(stream, BATCH)):
        _finish_members(room, [it for it in members if it.person in people], people)
    room.archived_at = record.archived_at
    room.save(update_fields=["archived_at"])
    item.update(done_at=timezone.now())
    target.is_done = True
    broadcast.publish_moved(rooms=[room.pk], memberships=_active_members(room.pk))
    broadcast.publish(broadcast.access_moved())


def _finish_members(room: Room, members: list[MemberRecord], people: ImportedPeople) -> None:
    """Set the read positions of the archive. Without one, all of the room is read, which it is already."""
    places = {people[it.person].pk: it for it in members if it.read is not None or it.bookmarks}
    rows = list(Membership.objects.filter(room=room, person__in=places)) if places else []
    for row in rows:
        member = places[row.person_id]
        row.read_seq = row.read_seq if member.read is None else max(member.read, 0)
        row.closed_seq = member.closed_seq
    Membership.objects.bulk_update(rows, ["read_seq", "closed_seq"], batch_size=100)
    Bookmark.objects.bulk_create(
        (
            Bookmark(person_id=pk, room=room, seq=it.seq, at=it.at, note=clean_line(it.note, NOTE_MAX_LENGTH))
            for pk, member in places.items()
            for it in member.bookmarks
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def _add(
    archive: Archive, record: RoomRecord, people: ImportedPeople, names: FreeNames, report: ImportReport
) -> RoomTarget | None:
    talking = {people[it].pk for it in record.people if it in people}
    if record.visibility == Room.Visibility.DIRECT and not talking:
        report.notes["direct messages of nobody"] += 1
        return None
    if record.visibility == Room.Visibility.DIRECT and len(talking) <= settings.CHAT_DIRECT_MAX:
        key = direct_rooms.key_of(talking)
        if there := Room.objects.filter(direct_key=key).first():
            report.rooms_found += 1
            ImportedItem.objects.create(pk=record.id, room=there, done_at=timezone.now())
            return RoomTarget(there.pk, there.slug, is_done=True)
        slug = record.slug if _DIRECT_ADDRESS.fullmatch(record.slug) else ""
        if not slug or Room.objects.filter(slug=slug).exists():
            slug = f"d-{record.id.hex[:12]}"
        room = Room(slug=slug, name=DIRECT_NAME, direct_key=key, visibility=record.visibility)
    else:
        room = _named(record, people, names, report)
    report.rooms_created += 1
    _set_fields(room, record, people)
    room.save()
    RoomHead.objects.get_or_create(room=room, defaults={"active_at": record.active_at or record.created_at})
    _add_members(archive, record, room, people)
    ImportedItem.objects.create(pk=record.id, room=room)
    broadcast.publish_moved(rooms=[room.pk], memberships=_active_members(room.pk))
    return RoomTarget(room.pk, room.slug, is_done=False)


def _named(record: RoomRecord, people: ImportedPeople, names: FreeNames, report: ImportReport) -> Room:
    """Return an unsaved room with a name and an address that are free, or the first room of a new site."""
    is_public = record.visibility == Room.Visibility.PUBLIC
    wanted = usable(record.name, FALLBACK)
    if record.people:  # too many for a direct conversation
        wanted = usable(", ".join(sorted(people[it].name for it in record.people if it in people)), FALLBACK)
    slug = record.slug if _ADDRESS.fullmatch(record.slug) else slug_of(wanted)
    if is_public and (room := _unused(slug)):
        room.name = wanted
        return room
    name = names.first(wanted, _is_free) if is_public else wanted
    if name != record.name:
        report.renamed_rooms.append((record.name, name))
    if not (record.slug and slug == record.slug):
        slug = slug_of(name) if is_public else f"{slug_of(name)}-{record.id.hex[:8]}"
    if Room.objects.filter(slug=slug).exists():
        slug = f"{slug[:SLUG_MAX_LENGTH]}-{record.id.hex[:8]}"
    return Room(slug=slug, name=name)


def _is_free(name: str) -> bool:
    return not (speaks_for_the_site(name) or Room.objects.public().looking_like(name).exists())


def _unused(slug: str) -> Room | None:
    """Return the room that every site begins with, without its welcome message, if no one has written there."""
    room = Room.objects.public().filter(slug=slug, created_by=None, imported_from=None).first()
    if room is None or not room_deletion.is_empty(room):
        return None
    head = RoomHead.objects.select_for_update().get(pk=room.pk)
    Message.objects.filter(room=room).delete()
    Membership.objects.filter(room=room).update(read_seq=0)
    head.seq, head.rev = 0, head.rev + 1
    head.floor_rev = head.rev
    head.save(update_fields=["seq", "rev", "floor_rev"])
    return room


def _set_fields(room: Room, record: RoomRecord, people: ImportedPeople) -> None:
    is_private = record.visibility == Room.Visibility.PRIVATE
    if room.direct_key is None:
        room.visibility = Room.Visibility.PUBLIC if record.visibility == Room.Visibility.PUBLIC else "private"
    room.topic, room.created_at = clean_topic(record.topic), record.created_at
    room.created_by_id = pk_of(people, record.created_by)
    room.keep_days = record.keep_days if record.keep_days in range(MAX_KEEP_DAYS + 1) else None
    room.is_default, room.room_mentions = record.is_default, record.room_mentions
    room.joining, room.history = record.joining if is_private else None, record.history
    room.posting, room.members_invite = record.posting, record.members_invite
    room.archived_at = timezone.now()  # until `finish`
    room.compare_name()


def _add_members(archive: Archive, record: RoomRecord, room: Room, people: ImportedPeople) -> None:
    present = set(Membership.objects.filter(room=room).values_list("person", flat=True))
    stream = archive.members(record)
    while records := list(itertools.islice(stream, BATCH)):
        new = {people[it.person].pk: it for it in records if it.person in people}
        rows = [_membership(room, pk, it, people) for pk, it in new.items() if pk not in present]
        Membership.objects.bulk_create(rows)
        present |= new.keys()
    missing = {people[it].pk for it in record.people if it in people} - present
    Membership.objects.bulk_create(
        Membership(room=room, person_id=pk, joined_at=room.created_at) for pk in sorted(missing)
    )


def _membership(room: Room, person_id: int, it: MemberRecord, people: ImportedPeople) -> Membership:
    return Membership(
        room=room,
        person_id=person_id,
        role=Membership.Role.MEMBER if room.is_direct else it.role,
        joined_at=it.joined_at or room.created_at,
        notify=it.notify,
        muted_until=it.muted_until,
        mute_reason=clean_line(it.mute_reason, REASON_MAX_LENGTH),
        banned_at=it.banned_at,
        ban_reason=clean_line(it.ban_reason, REASON_MAX_LENGTH),
        closed_at=it.closed_at,
        left_at=it.left_at,
        floor_seq=it.floor,
        starred_at=it.starred_at,
        added_by_id=pk_of(people, it.added_by),
    )


def _active_members(room_id: int) -> Iterator[tuple[int, int]]:
    """Yield the members who can be connected. Accounts that nobody has taken over cannot."""
    rows = Membership.objects.filter(room=room_id, person__is_active=True).values_list("person", flat=True)
    return ((person_id, room_id) for person_id in rows)

"""The import of an archive: people, then rooms, then their messages. A run that was cut goes on where it was."""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from django.db import transaction

from chat.actions import audit
from chat.actions.audit import Action
from chat.actions.imports import archive_messages, archive_people, archive_rooms
from chat.actions.imports.archive_rooms import RoomTarget
from chat.actions.imports.report import Imported, ImportReport
from chat.archives.records import Archive
from chat.models import Person

NO_LINKS: Mapping[UUID, Person] = {}


def nothing(count: int) -> None:
    """Report no progress."""


def import_archive(
    archive: Archive, links: Mapping[UUID, Person] = NO_LINKS, progress: Callable[[int], object] = nothing
) -> ImportReport:
    """Import what is not here yet, and return what was done. `progress` gets the numbers of messages.

    `links` are accounts that are those of people of the archive, by the ids of these. Another run of the same archive,
    or of a later one, adds what is new. It changes nothing else.
    """
    report = ImportReport(notes=archive.notes.copy())
    people = archive_people.add(archive, links, report)
    rooms = archive_rooms.add(archive, people, report)
    _use_names(archive, people, rooms)
    for room in archive.rooms():
        if target := rooms.get(room.id):
            archive_messages.add(archive, room, target, people, report, progress)
            archive_rooms.finish(archive, room, target, people)
    archive_people.finish(archive, people)
    detail = f"import: {report.rooms_created} rooms, {report.messages_added} messages"
    if report.people_created or report.rooms_created or report.messages_added:
        audit.record(None, Action.ADD_PERSON, count=report.people_created, detail=detail)
    return report


def plan(archive: Archive, links: Mapping[UUID, Person] = NO_LINKS) -> ImportReport:
    """Return what an import would do. Nothing is stored: people and rooms are rolled back."""
    report = ImportReport(is_dry=True, notes=archive.notes.copy())
    with transaction.atomic():
        people = archive_people.add(archive, links, report)
        rooms = archive_rooms.add(archive, people, report)
        transaction.set_rollback(True)
    _use_names(archive, people, rooms)
    for room in archive.rooms():
        if room.id in rooms:
            archive_messages.add(archive, room, rooms[room.id], people, report, nothing)
    return report


def _use_names(archive: Archive, people: Mapping[UUID, Imported], rooms: Mapping[UUID, RoomTarget]) -> None:
    archive.use_names({it: person.name for it, person in people.items()}, {it: room.slug for it, room in rooms.items()})


def unused_names(archive: Archive, ids: Iterable[UUID]) -> set[UUID]:
    """Return those of these ids that no person of the archive has."""
    return set(ids) - {it.id for it in archive.people()}

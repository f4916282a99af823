"""Import an export of Slack, or an archive of a site like this one. It is described in docs/import.md."""

import gc
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from chat.actions.imports.archive import import_archive, plan
from chat.actions.imports.report import ImportReport
from chat.archives.container import ArchiveError
from chat.archives.opening import open_archive
from chat.archives.records import Archive
from chat.archives.slack import person_id
from chat.errors import ActionError
from chat.models import Person
from chat.text.cleaning import fold

# Names that are listed. Of the others, only the number is.
LISTED = 50


class Command(BaseCommand):
    help = "Import people, rooms and messages from an export of Slack, or from an archive of a site like this one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a zip file, or a folder with its content")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be imported")
        parser.add_argument(
            "--person",
            action="append",
            default=[],
            metavar="ID=NAME",
            help="give what a person has written to the account with this name; repeat it for others. "
            "The id is that of Slack, or the name in an archive of a site",
        )
        parser.add_argument(
            "--skip-broken", action="store_true", help="leave out the days of Slack's export that can't be read"
        )

    def handle(
        self, *args: Any, path: Path, dry_run: bool, skip_broken: bool, person: list[str], **options: Any
    ) -> None:
        # Loaded modules stay, so the collector can skip them during the import.
        gc.freeze()
        started = perf_counter()
        try:
            archive = open_archive(path, skips_broken=skip_broken)
            links = _links(archive, person)
            if dry_run:
                report = plan(archive, links)
            else:
                with tqdm(total=archive.size, unit=" messages", disable=options["verbosity"] == 0) as bar:
                    report = import_archive(archive, links, bar.update)
        except (ArchiveError, ActionError) as error:
            raise CommandError(str(error)) from error
        for line in _lines(report):
            self.stdout.write(line)
        seconds = perf_counter() - started
        if not dry_run:
            rate = f"{report.messages_added / seconds:,.0f} messages per second"
            self.stdout.write(f"Done in {seconds:.1f} s ({rate}).")


def _links(archive: Archive, options: Iterable[str]) -> dict[UUID, Person]:
    """Return the accounts of the options by the ids of people of the archive."""
    wanted = [it.partition("=")[::2] for it in options]
    if not wanted:
        return {}
    by_key: dict[str, UUID] = {}
    for record in archive.people():
        by_key |= {record.name: record.id, str(record.id): record.id}
    ids = set(by_key.values())
    links: dict[UUID, Person] = {}
    for key, name in wanted:
        found = person_id(key) if person_id(key) in ids else by_key.get(key)
        account = Person.objects.filter(handle=fold(name)).first()
        if found is None or account is None:
            raise CommandError(f"--person {key}={name}: there is no such {'account' if found else 'person'}.")
        links[found] = account
    return links


def _lines(report: ImportReport) -> Iterable[str]:
    would = "would be " if report.is_dry else ""
    yield f"People: {report.people_created:,} {would}created, {report.people_found:,} {would}matched to accounts here, "
    yield f"  {report.people_known:,} imported before"
    yield f"Rooms: {report.rooms_created:,} {would}created, {report.rooms_found:,} direct conversations that are here "
    yield f"  already, {report.rooms_known:,} imported before"
    yield f"Messages: {report.messages_added:,} {would}imported, {report.messages_known:,} imported before"
    yield f"Reactions: {report.reactions_added:,}. Files: {report.files_added:,}"
    for what, renamed in (("People", report.renamed_people), ("Rooms", report.renamed_rooms)):
        if renamed:
            yield f"{what} with another name here, since theirs is taken or not allowed:"
            yield from (f"  {before[:80]!r} is {after}" for before, after in renamed[:LISTED])
            if len(renamed) > LISTED:
                yield f"  and {len(renamed) - LISTED:,} more"
    if notes := {note: count for note, count in sorted(report.notes.items()) if count}:
        yield "Left out or changed:"
        yield from (f"  {count:,} {note}" for note, count in notes.items())

"""Write people, rooms, messages and files to a zip file that `import_archive` reads. See docs/import.md."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from chat.actions import audit
from chat.actions.audit import Action
from chat.archives import writing
from chat.db.backups import BackupError
from chat.models import Message


class Command(BaseCommand):
    help = (
        "Write the people, rooms and messages of the site to a zip file that import_archive reads. It has no "
        "passwords, tokens or sessions, but everything that people have written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the new file")
        parser.add_argument("--files", action="store_true", help="also write the files that people have uploaded")

    def handle(self, *args: Any, path: Path, files: bool, **options: Any) -> None:
        try:
            with tqdm(total=Message.objects.count(), unit=" messages", disable=options["verbosity"] == 0) as bar:
                written = writing.write(path, with_files=files, progress=bar.update)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        audit.record(None, Action.EXPORT, count=written.messages, detail="archive of the whole site")
        self.stdout.write(
            f"{path}: {written.people:,} people, {written.rooms:,} rooms, {written.messages:,} messages, "
            f"{written.files:,} files"
        )
        if written.missing_files:
            self.stdout.write(f"{written.missing_files:,} files are missing in the storage, and only named.")

"""Back up the whole database while the site runs, and with --files what people uploaded.

To restore it, see docs/operations.md, and run `bump_epoch` after.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.db import backups
from chat.files import backups as file_backups


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path", type=Path, help="path of the new file, or a folder where the file is named after the time"
        )
        parser.add_argument(
            "--files", action="store_true", help="also copy the uploaded files, into the folder PATH.files"
        )
        parser.add_argument("--keep", type=int, metavar="N", help="with a folder: delete all but the newest N backups")

    def handle(self, *args: Any, path: Path, keep: int | None, files: bool, **options: Any) -> None:
        if keep is not None and (keep < 1 or not path.is_dir()):
            raise CommandError("--keep needs a folder and a number of at least 1.")
        try:
            made = backups.make(path, copy_files=file_backups.copy if files else None)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made}: {made.stat().st_size:,} bytes")
        for old in backups.remove_old(path, keep) if keep else []:
            self.stdout.write(f"{old}: deleted")

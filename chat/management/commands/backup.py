"""Back the whole database up while people write. To go back: docs/operations.md, and `bump_epoch` at its end."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat import backups


class Command(BaseCommand):
    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("place", type=Path, help="a new file, or a folder, where it is named by the time")
        parser.add_argument("--keep", type=int, metavar="N", help="in a folder: remove all but the newest N")

    def handle(self, *args: Any, place: Path, keep: int | None, **options: Any) -> None:
        if keep is not None and (keep < 1 or not place.is_dir()):
            raise CommandError("--keep needs a folder and a number from 1.")
        try:
            made = backups.make(place)
        except backups.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made}: {made.stat().st_size:,} bytes")
        for old in backups.forget(place, keep) if keep else []:
            self.stdout.write(f"{old}: removed")

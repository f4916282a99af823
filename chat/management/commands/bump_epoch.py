"""Make all clients reload their rooms. Run this once after you restore a backup: clients may have newer messages."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.models import Epoch


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"The epoch is now {Epoch.bump()}; clients will reload their rooms within seconds.")

"""`manage.py searchindex`: complete the search index after an upgrade."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.actions import search_index


class Command(BaseCommand):
    help = (
        "Index the messages and names again by the current rules, where workers of an older release have written them. "
        "Run it after an upgrade, once all workers run the new release. People can post meanwhile."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{search_index.complete()} messages and names were indexed again.")

"""`manage.py lookalikes`: list names of people and public rooms that look alike by the present rules."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.actions import naming


class Command(BaseCommand):
    help = (
        "List the people and public rooms whose names look like an older one. Update the stored forms that names are "
        "compared by. Run it after an upgrade, once all workers run the new release. It does not rename anyone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        lookalikes = naming.refresh_forms()
        for later, first in lookalikes:
            kind = later._meta.verbose_name
            self.stdout.write(f"{kind} {later.pk} {later.name!a} looks like {kind} {first.pk} {first.name!a}")
        self.stdout.write(f"{len(lookalikes)} names look like others.")

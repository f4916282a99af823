"""Replace the session keys that the previous release stored by their digests, and sign no one out."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.actions import session_keys


class Command(BaseCommand):
    help = (
        "Replace the session keys that the previous release stored by their digests. Run it once all workers run this "
        "release, or leave it: the site does it 24 hours after the migration. It signs no one out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            f"{session_keys.end_now():,} session keys are replaced by their digests. No one is signed out."
        )

"""Replace the session keys that the previous release stored by their digests, and sign no one out."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.actions import session_keys


class Command(BaseCommand):
    help = (
        "Replace the session keys that the previous release stored with their digests. Run it once all workers run "
        "this release. Otherwise the site does it 24 hours after the migration. It does not sign anyone out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            f"Replaced {session_keys.end_now():,} session keys with their digests. No one was signed out."
        )

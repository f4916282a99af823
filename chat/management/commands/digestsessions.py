"""To be run once all workers have this release: replace the session keys of the release before by their digests."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.actions import session_keys


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            f"{session_keys.end_now():,} session keys are replaced by their digests. Nobody is signed out."
        )

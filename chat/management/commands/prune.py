"""`manage.py prune`: delete old messages, uncompleted accounts, old invitations, and inactive guests."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from chat.actions import invitations, retention, sign_up, staff_accounts
from chat.actions.retention import ExpiredMessages
from chat.models import Room


class Command(BaseCommand):
    help = "Delete messages that are older than their rooms keep them. Without --yes, only show what would be deleted."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--room", default="", metavar="SLUG", help="only this room")
        parser.add_argument("--days", type=_days, help="delete messages older than this, whatever the rooms say")
        parser.add_argument("--guests", type=_days, metavar="DAYS", help="also delete guests inactive for this long")
        parser.add_argument("--yes", action="store_true", help="delete, instead of only showing what would be deleted")

    def handle(self, *args: Any, **options: Any) -> None:
        slug, days = options["room"], options["days"]
        if slug and not Room.objects.filter(slug=slug).exists():
            raise CommandError(f"There is no room {slug!r}.")
        total = sum(self._prune(it, options["yes"]) for it in retention.expired_messages(slug=slug, days=days))
        self._say(f"{total:,} messages in all", options["yes"])
        self._remove_unverified(options["yes"])
        self._remove_invitations(options["yes"])
        if options["guests"] is not None:
            self._purge(options["guests"], options["yes"])

    def _prune(self, expired: ExpiredMessages, yes: bool) -> int:
        number = retention.prune(expired) if yes else expired.rows.count()
        self._say(f"{expired.room.slug}: {number:,} messages posted before {expired.before:%Y-%m-%d}", yes)
        return number

    def _remove_unverified(self, yes: bool) -> None:
        number = sign_up.prune() if yes else sign_up.expired().count()
        if number:
            self._say(f"{number:,} new accounts whose email address was not verified in time", yes)

    def _remove_invitations(self, yes: bool) -> None:
        number = invitations.prune() if yes else invitations.ended().count()
        if number:
            self._say(f"{number:,} invitations that ended more than {invitations.KEPT_DAYS} days ago", yes)

    def _purge(self, days: int, yes: bool) -> None:
        since = timezone.now() - timedelta(days=days)
        number = staff_accounts.purge_guests(None, since) if yes else staff_accounts.unused_guests(since).count()
        self._say(f"{number:,} guests inactive since {since:%Y-%m-%d}", yes)

    def _say(self, what: str, yes: bool) -> None:
        self.stdout.write(
            f"{what} {'were deleted' if yes else 'would be deleted; run again with --yes to delete them'}."
        )


def _days(value: str) -> int:
    """Parse a number of days for argparse, which turns a ValueError into a usage error."""
    if (number := int(value)) < 1 or number > retention.MAX_KEEP_DAYS:
        raise ValueError(value)
    return number

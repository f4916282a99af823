"""Print a new key for push notifications, to be set as CHAT_VAPID_KEY."""

from typing import Any

from django.core.management.base import BaseCommand

from chatsite.config import vapid_key


class Command(BaseCommand):
    help = "Print a new key for push notifications. Set it as CHAT_VAPID_KEY."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(vapid_key.new())

"""Tasks that run at intervals: remove what is not kept any longer."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from chat.actions import removal, retention, sign_up, staff_accounts, webhook_deliveries
from chat.actions.files import removal as files_removal
from chat.actions.jobs import queue
from chat.actions.jobs.writes import write
from chat.files import storage


@task()
def prune() -> None:
    """Delete messages past their retention, accounts that were not verified in time, and unused guests."""
    for expired in retention.expired_messages():
        retention.prune(expired)
    sign_up.prune()
    if settings.CHAT_GUEST_DAYS:
        staff_accounts.purge_guests(None, timezone.now() - timedelta(days=settings.CHAT_GUEST_DAYS))


@task()
def clear_sessions() -> None:
    """Delete expired sessions."""
    write(import_module(settings.SESSION_ENGINE).SessionStore.clear_expired)


@task()
def remove_unused_files() -> None:
    """Remove uploads that were not finished or not posted in time, and what is left of erased messages."""
    while write(files_removal.remove_expired):
        pass
    removal.erase_again()


@task()
def remove_stray_objects() -> None:
    """Remove what the storage has of files that are not in the database."""
    for key in files_removal.stray_keys():
        storage.remove_all(key)


@task()
def remove_old_deliveries() -> None:
    """Delete what is kept of webhooks and calls of commands."""
    while write(webhook_deliveries.remove_old):
        pass


@task()
def remove_old_jobs() -> None:
    """Delete jobs that ended long enough ago."""
    while write(queue.remove_old):
        pass

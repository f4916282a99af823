"""The deliveries of outgoing webhooks: adding them, and what follows from each attempt."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from chat.actions.jobs.backend import enqueue_with_commit
from chat.models import CommandCall, OutgoingWebhook, Person, Room, WebhookDelivery
from chat.models.webhooks import LABEL_MAX_LENGTH, WebhookEvent

# By name: the task posts what receivers answer, and posting the call of a command adds a delivery.
TASK = "chat.actions.tasks.webhooks.deliver_webhook"
# After this many failures in a row, a webhook rests between two attempts. Its other events wait, so that a receiver
# that does not answer takes no threads from others.
RESTS_AFTER = 3
REST = timedelta(minutes=1)
# A webhook that fails this often, and for this long, is switched off.
MAX_FAILURES = 50
MAX_FAILING = timedelta(hours=24)
KEPT = timedelta(days=14)
REMOVED_AT_ONCE = 1000
# No client repeats a call after a day.
CALLS_KEPT = timedelta(days=1)


def add(deliveries: Iterable[WebhookDelivery]) -> None:
    """Add deliveries and the task of each, in the caller's transaction."""
    for delivery in WebhookDelivery.objects.bulk_create(deliveries):
        _enqueue(delivery)


def _enqueue(delivery: WebhookDelivery) -> None:
    enqueue_with_commit(import_string(TASK), delivery.pk)


def add_member(person: Person, room: Room, change: str) -> None:
    """Tell the webhooks of a room that someone's membership has changed, in the caller's transaction."""
    hooks = [it for it in OutgoingWebhook.objects.of_room(room.pk) if WebhookEvent.MEMBER in it.events]
    details = {"person": person.pk, "change": change}
    add(
        WebhookDelivery(webhook=it, event=WebhookEvent.MEMBER, room=room, details=details)
        for it in hooks
        if it.bot_id != person.pk
    )


def is_wanted(delivery: WebhookDelivery) -> bool:
    """Return whether the webhook still gets events of the room: both may have changed since the event."""
    hooks = OutgoingWebhook.objects.of_room(delivery.room_id) if delivery.room_id else OutgoingWebhook.objects.none()
    if delivery.event == WebhookEvent.COMMAND and delivery.room_id:
        hooks = OutgoingWebhook.objects.of_bot_in(delivery.room_id)
    return hooks.filter(pk=delivery.webhook_id).exists()


@transaction.atomic
def succeed(delivery: WebhookDelivery, status: int) -> None:
    """Record that the receiver took the event."""
    now = timezone.now()
    _attempted(delivery, status=status, error="", delivered_at=now)
    failing = OutgoingWebhook.objects.filter(pk=delivery.webhook_id, failures__gt=0)
    failing.update(failures=0, failing_since=None, rests_until=None)


@transaction.atomic
def fail(delivery: WebhookDelivery, status: int | None, error: str, is_last: bool) -> OutgoingWebhook | None:
    """Record an attempt that failed. Return the webhook if that has switched it off."""
    now = timezone.now()
    _attempted(delivery, status=status, error=error, given_up_at=now if is_last else None)
    hook = OutgoingWebhook.objects.select_for_update(no_key=True).get(pk=delivery.webhook_id)
    hook.failures += 1
    hook.failing_since = hook.failing_since or now
    hook.rests_until = now + REST if hook.failures >= RESTS_AFTER else None
    is_over = hook.failures >= MAX_FAILURES and now - hook.failing_since >= MAX_FAILING
    was_on = hook.disabled_at is None
    if is_over and was_on:
        hook.disabled_at = now
        hook.disabled_reason = f"It has failed {hook.failures} times in a row, for a day."
    hook.save(update_fields=["failures", "failing_since", "rests_until", "disabled_at", "disabled_reason"])
    return hook if is_over and was_on else None


@transaction.atomic
def refuse(delivery: WebhookDelivery, status: int, reason: str) -> OutgoingWebhook | None:
    """Switch the webhook off, because the receiver wants no more. Return it if it was on."""
    _attempted(delivery, status=status, error=reason, given_up_at=timezone.now())
    hooks = OutgoingWebhook.objects.filter(pk=delivery.webhook_id, disabled_at=None)
    if not hooks.update(disabled_at=timezone.now(), disabled_reason=reason):
        return None
    return OutgoingWebhook.objects.get(pk=delivery.webhook_id)


def drop(delivery: WebhookDelivery, reason: str) -> None:
    """Record that an event is not sent any more."""
    rows = WebhookDelivery.objects.filter(pk=delivery.pk, delivered_at=None)
    rows.update(given_up_at=timezone.now(), error=reason[:LABEL_MAX_LENGTH])


def _attempted(delivery: WebhookDelivery, *, error: str, **fields: object) -> None:
    rows = WebhookDelivery.objects.filter(pk=delivery.pk)
    rows.update(attempts=F("attempts") + 1, attempted_at=timezone.now(), error=error[:LABEL_MAX_LENGTH], **fields)


def send_again(delivery: WebhookDelivery) -> None:
    """Deliver an event once more, with the same id and what the database has now."""
    with transaction.atomic():
        rows = WebhookDelivery.objects.filter(pk=delivery.pk)
        rows.update(delivered_at=None, given_up_at=None, error="", status=None)
        _enqueue(delivery)


def remove_old() -> bool:
    """Delete deliveries after two weeks, and calls of commands after a day. Return whether there may be more."""
    CommandCall.objects.filter(at__lt=timezone.now() - CALLS_KEPT).delete()
    rows = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEPT)
    ids = list(rows.values_list("pk", flat=True)[:REMOVED_AT_ONCE])
    WebhookDelivery.objects.filter(pk__in=ids).delete()
    return len(ids) == REMOVED_AT_ONCE

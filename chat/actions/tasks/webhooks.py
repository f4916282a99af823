"""The task that delivers an event to an outgoing webhook. It runs at least once: receivers drop a repeated id."""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskContext

from chat import outbound
from chat.actions import webhook_answers, webhook_deliveries
from chat.actions.jobs.errors import GiveUp, RetryLater
from chat.actions.jobs.queue import MAX_ATTEMPTS, delay_seconds
from chat.actions.jobs.writes import write
from chat.models import OutgoingWebhook, WebhookDelivery
from chat.models.webhooks import WebhookEvent
from chat.webhooks import payload, sending

GONE = 410
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
# The bounds of the delay that a receiver may ask for.
RETRY_SECONDS = (1.0, 6 * 3600.0)


@task(queue_name="webhooks", takes_context=True)
def deliver_webhook(context: TaskContext, delivery_id: int) -> None:
    """Make one attempt to deliver an event. A command has only one, because its caller waits for the answer."""
    rows = WebhookDelivery.objects.select_related("webhook__bot", "room")
    delivery = rows.filter(pk=delivery_id, delivered_at=None, given_up_at=None).first()
    if delivery is None:
        return
    hook = delivery.webhook
    is_last = context.attempt >= MAX_ATTEMPTS or delivery.event == WebhookEvent.COMMAND
    if not is_last and hook.rests_until and hook.rests_until > timezone.now():
        raise RetryLater(delay_seconds(context.attempt), "The webhook rests, because its last attempts have failed.")
    body = payload.of(delivery) if webhook_deliveries.is_wanted(delivery) else None
    if body is None:
        write(webhook_deliveries.drop, delivery, "There was nothing to tell any more.")
        return
    try:
        answer = sending.send(hook, delivery.key, body)
    except outbound.Forbidden as error:
        _fail(delivery, None, str(error), is_last=True)
        raise GiveUp(str(error)) from None
    except outbound.NoAnswer as error:
        _fail(delivery, None, str(error), is_last=is_last)
        raise _end(context.attempt, str(error), is_last=is_last) from None
    _settle(delivery, answer, context.attempt, is_last=is_last)


def _settle(delivery: WebhookDelivery, answer: outbound.Answer, attempt: int, *, is_last: bool) -> None:
    reason = f"The receiver answered {answer.status}."
    if 200 <= answer.status < 300:
        webhook_answers.take(delivery, answer.body)
        write(webhook_deliveries.succeed, delivery, answer.status)
    elif answer.status == GONE:
        _tell_owner(write(webhook_deliveries.refuse, delivery, answer.status, reason))
    else:
        _fail(delivery, answer.status, reason, is_last=is_last)
        raise _end(attempt, reason, is_last=is_last, headers=answer.headers)


def _fail(delivery: WebhookDelivery, status: int | None, reason: str, *, is_last: bool) -> None:
    if delivery.event == WebhookEvent.COMMAND:
        webhook_answers.tell_failure(delivery)
    _tell_owner(write(webhook_deliveries.fail, delivery, status, reason, is_last))


def _tell_owner(switched_off: OutgoingWebhook | None) -> None:
    if switched_off is not None:
        webhook_answers.tell_owner(switched_off)


def _end(attempt: int, reason: str, *, is_last: bool, headers: Mapping[str, str] = NO_HEADERS) -> Exception:
    if is_last:
        return GiveUp(reason)
    return RetryLater(outbound.delay_of(headers, default=delay_seconds(attempt), bounds=RETRY_SECONDS), reason)

"""Tasks that send pushes to a browser. They run at least once: the tag of a notification hides a repeat."""

from django.conf import settings
from django_tasks import task

from chat import activity, outbound
from chat.actions import push_subscriptions
from chat.actions.jobs.errors import GiveUp, RetryLater
from chat.actions.jobs.writes import write
from chat.auth import authentication
from chat.missed import missed
from chat.models import NotificationChannel, PushSubscription
from chat.push import payload, sending

GONE = (404, 410)
TOO_MANY = 429
# The bounds of the delay that a push service may ask for.
RETRY_SECONDS = (10.0, 3600.0)
RETRY_DEFAULT_SECONDS = 60.0


@task(queue_name="http")
def push_missed(subscription_id: int, room_id: int, after_seq: int, up_to_seq: int) -> None:
    """Push what a person missed in a room after `after_seq`, up to `up_to_seq`, and did not read since."""
    subscription = _living(subscription_id)
    if subscription is None:
        return
    person, place = subscription.person, (room_id, after_seq, up_to_seq)
    for room in missed(person, [place], NotificationChannel.Kind.PUSH, limit=1):
        content = payload.of_missed(room, activity.counted(person))
        _send(subscription, content, topic=payload.topic_of(room_id), is_urgent=room.is_personal)


@task(queue_name="http")
def push_test(subscription_id: int) -> None:
    """Push a notification that a person has asked for, to see whether it arrives."""
    if (subscription := _living(subscription_id)) is not None:
        _send(subscription, payload.of_test())


def _living(subscription_id: int) -> PushSubscription | None:
    """Return the subscription, or None without a key. If its session has ended, remove it, and return None."""
    subscription = PushSubscription.objects.select_related("person").filter(pk=subscription_id).first()
    if subscription is None or not settings.CHAT_VAPID_KEY:
        return None
    if subscription.endpoint_digest in authentication.subscribed_sessions(subscription.person):
        return subscription
    write(push_subscriptions.remove, subscription_id)
    return None


def _send(subscription: PushSubscription, content: bytes, *, topic: str | None = None, is_urgent: bool = True) -> None:
    try:
        answer = sending.send(subscription, content, topic=topic, is_urgent=is_urgent)
    except (sending.InvalidKeys, outbound.Forbidden) as error:
        write(push_subscriptions.remove, subscription.pk)
        raise GiveUp(str(error)) from None
    except outbound.NoAnswer:
        write(push_subscriptions.record_failure, subscription)
        raise
    _settle(subscription, answer)


def _settle(subscription: PushSubscription, answer: outbound.Answer) -> None:
    """Record the answer of the push service. Raise RetryLater or GiveUp if it did not take the push."""
    if 200 <= answer.status < 300:
        write(push_subscriptions.record_success, subscription)
    elif answer.status in GONE:
        write(push_subscriptions.remove, subscription.pk)
    else:
        write(push_subscriptions.record_failure, subscription)
        reason = f"The push service answered {answer.status}."
        if answer.status == TOO_MANY or answer.status >= 500:
            raise RetryLater(
                outbound.delay_of(answer.headers, default=RETRY_DEFAULT_SECONDS, bounds=RETRY_SECONDS), reason
            )
        raise GiveUp(reason)

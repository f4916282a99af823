"""The browsers that get pushes: a person adds and removes their own, and those that no one uses any more end."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chat.actions import notice_marks
from chat.auth import authentication
from chat.models import NotificationChannel, Person, PushSubscription

# More replace the oldest.
MAX_PER_PERSON = 10
# A success is recorded at most this often.
SUCCESS_RECORDED_EVERY = timedelta(hours=1)
# A subscription without a success ends after this many failures in a row, and this long.
MAX_FAILURES = 20
FAILS_FOR = timedelta(days=7)


def subscribe(person: Person, endpoint: str, *, p256dh: str, auth: str, user_agent: str) -> bool:
    """Add a browser, and return whether it is new. The caller puts its digest into the data of the session.

    A browser has one subscription, so another person who was signed in there loses it. With the first browser of a
    person, pushes begin.
    """
    digest = PushSubscription.digest_of(endpoint)
    fields = {"person": person, "endpoint": endpoint, "p256dh": p256dh, "auth": auth, "user_agent": user_agent}
    with transaction.atomic():
        if not person.push_subscriptions.exists():
            notice_marks.begin(person.pk, NotificationChannel.Kind.PUSH)
        _row, is_new = PushSubscription.objects.update_or_create(endpoint_digest=digest, defaults=fields)
        if is_new:
            _remove_surplus(person)
    return is_new


def unsubscribe(person: Person, digest: str) -> None:
    """Remove a browser. A repeat changes nothing."""
    person.push_subscriptions.filter(endpoint_digest=digest).delete()


def remove(subscription_id: int) -> None:
    """Remove a subscription that the push service does not know any more, or whose session has ended."""
    PushSubscription.objects.filter(pk=subscription_id).delete()


def remove_ended(person: Person) -> None:
    """Remove the person's subscriptions whose sessions have ended."""
    if person.push_subscriptions.exists():
        person.push_subscriptions.exclude(endpoint_digest__in=authentication.subscriptions_left(person)).delete()


def record_success(subscription: PushSubscription) -> None:
    now = timezone.now()
    is_recorded = subscription.last_ok_at is not None and subscription.last_ok_at > now - SUCCESS_RECORDED_EVERY
    if subscription.failures or not is_recorded:
        PushSubscription.objects.filter(pk=subscription.pk).update(failures=0, last_ok_at=now)


def record_failure(subscription: PushSubscription) -> None:
    """Count a failure. Remove a subscription that has failed too often and for too long."""
    rows = PushSubscription.objects.filter(pk=subscription.pk)
    if subscription.failures + 1 >= MAX_FAILURES and _last_success(subscription) < timezone.now() - FAILS_FOR:
        rows.delete()
    else:
        rows.filter(failures__lt=MAX_FAILURES).update(failures=F("failures") + 1)


def _last_success(subscription: PushSubscription) -> datetime:
    return subscription.last_ok_at or subscription.created_at


def _remove_surplus(person: Person) -> None:
    """Remove the oldest subscriptions that are too many."""
    newest = person.push_subscriptions.order_by("-pk").values_list("pk", flat=True)[:MAX_PER_PERSON]
    person.push_subscriptions.exclude(pk__in=list(newest)).delete()

"""Conversion of plain session keys to digests, once no worker of the previous release looks for plain keys."""

from django.db import transaction
from django.utils import timezone

from chat.actions import fingerprints
from chat.models import Session, SessionKeyTransition
from chat.models.session_keys import GRACE, MARK, digest_of

# Rows in one transaction, so that other writers do not wait long.
BATCH = 200


def continue_conversion() -> bool:
    """Convert the next batch if the transition is over, and return whether there may be more.

    Any number of workers may call this at the same time.
    """
    row, now = SessionKeyTransition.current(), timezone.now()
    if row is None or row.until > now:
        return False
    if convert_batch():
        return True
    if row.until + GRACE < now:
        # No worker has written a plain key since `until`, and keys that were being written then are converted. Nor has
        # a worker edited a message as the previous release did.
        fingerprints.key_edited()
        SessionKeyTransition.objects.filter(until=row.until).delete()
    return False


def end_now() -> int:
    """End the transition, convert all keys and return their number. No worker may run the previous release any more."""
    now = timezone.now()
    SessionKeyTransition.objects.filter(until__gt=now).update(until=now)
    converted = 0
    while number := convert_batch():
        converted += number
    fingerprints.key_edited()
    return converted


def convert_batch() -> int:
    """Replace up to `BATCH` plain keys by their digests and return their number. The sessions stay valid."""
    plain = Session.objects.exclude(pk__startswith=MARK).order_by("pk")
    with transaction.atomic():
        keys = list(plain.values_list("pk", flat=True)[:BATCH])
        for key in keys:
            Session.objects.filter(pk=key).update(session_key=digest_of(key))
    return len(keys)

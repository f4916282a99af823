"""Replacing each plain session key by its digest, once no worker of the release before looks for plain keys."""

from django.db import transaction
from django.utils import timezone

from chat.actions import fingerprints
from chat.models import Session, SessionKeyTransition
from chat.models.session_keys import GRACE, MARK, digest_of

# Rows in one transaction: others that write wait no longer than for that.
BATCH = 200


def settle() -> bool:
    """Do the next part of the conversion if the transition is over, and return whether more can be done at once.

    Any number of workers may call this at the same time.
    """
    row, now = SessionKeyTransition.current(), timezone.now()
    if row is None or row.until > now:
        return False
    if convert_batch():
        return True
    if row.until + GRACE < now:
        # Nobody has written a plain key since `until`, and what was being written then is converted. Nor has anybody
        # edited a message as the release before did.
        fingerprints.key_edited()
        SessionKeyTransition.objects.filter(until=row.until).delete()
    return False


def end_now() -> int:
    """End the transition and convert all keys; their number. The caller knows that no worker has the release before."""
    now = timezone.now()
    SessionKeyTransition.objects.filter(until__gt=now).update(until=now)
    converted = 0
    while number := convert_batch():
        converted += number
    fingerprints.key_edited()
    return converted


def convert_batch() -> int:
    """Replace some plain keys by their digests; their number. The people who are signed in by them stay so."""
    plain = Session.objects.exclude(pk__startswith=MARK).order_by("pk")
    with transaction.atomic():
        keys = list(plain.values_list("pk", flat=True)[:BATCH])
        for key in keys:
            Session.objects.filter(pk=key).update(session_key=digest_of(key))
    return len(keys)

"""What tells a retry of a post from another post with the same client id.

A message keeps a digest of how it was posted. While the message stands as it was posted, the digest tells nothing that
the text beside it does not. After an edit it would let a reader of the database test guesses at the first text. So an
edit replaces the digest by its HMAC, whose key is derived from `SECRET_KEY` and is not in the database.

Workers of the release before compare the plain digest. They recognise retries of all messages that nobody edited.
"""

import hashlib
from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from chat import protocol
from chat.models import Message

# Begins a keyed fingerprint. No plain one has this letter: those are hexadecimal.
KEYED = "k"
LENGTH = 32
# Rows in one transaction: others that write wait no longer than for that.
BATCH = 500


def of(room_id: int, command: protocol.Post) -> str:
    """Return what makes two posts with one client id the same post."""
    parts = f"{room_id}\0{command.reply_to}\0{command.body}"
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


def keyed(fingerprint: str) -> str:
    """Return the fingerprint as an edited message keeps it. Imported messages have none."""
    if not fingerprint or fingerprint.startswith(KEYED):
        return fingerprint
    return _hmac(fingerprint, settings.SECRET_KEY)


def are_same(stored: str, posted: str) -> bool:
    """Return whether a message that keeps `stored` was posted as `posted` says, under any secret key still in use."""
    if not stored.startswith(KEYED):
        return stored == posted
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(stored, _hmac(posted, secret)) for secret in secrets)


def key_edited() -> int:
    """Key the fingerprints of messages that the release before edited; their number.

    To be called once no worker of that release is left.
    """
    number = 0
    for rows in _unkeyed():
        with transaction.atomic():
            for pk, fingerprint in rows:
                same = Message.objects.filter(pk=pk, fingerprint=fingerprint)
                number += same.update(fingerprint=keyed(fingerprint))
    return number


def _unkeyed() -> Iterator[list[tuple[int, str]]]:
    edited = Message.objects.exclude(edited_at=None).exclude(fingerprint="").exclude(fingerprint__startswith=KEYED)
    last = 0
    while rows := list(edited.filter(pk__gt=last).order_by("pk").values_list("pk", "fingerprint")[:BATCH]):
        yield rows
        last = rows[-1][0]


def _hmac(fingerprint: str, secret: str) -> str:
    digest = salted_hmac("chat.fingerprint", fingerprint, secret=secret, algorithm="sha256").hexdigest()
    return (KEYED + digest)[:LENGTH]

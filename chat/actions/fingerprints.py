"""Fingerprints of posts, which tell a retry from another post with the same client id.

A message keeps a digest of its first text. Until an edit, the digest reveals nothing that the text does not. After an
edit it would let a reader of the database test guesses at the first text. So an edit replaces the digest by its HMAC,
whose key is derived from `SECRET_KEY` and is not in the database.

Workers of the previous release compare the plain digest. They recognise retries of all messages that were not edited.
"""

import hashlib
from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from chat import protocol
from chat.models import Message

# The first letter of a keyed fingerprint. Plain ones are hexadecimal, so none begins with it.
KEYED = "k"
LENGTH = 32
# Rows in one transaction, so that other writers do not wait long.
BATCH = 500


def of(room_id: int, command: protocol.Post) -> str:
    """Return the fingerprint of a post: equal for a retry, different for another post."""
    parts = f"{room_id}\0{command.reply_to}\0{command.body}"
    if command.files:  # without files, the same as in releases that have none
        parts += f"\0{' '.join(command.files)}"
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()


def keyed(fingerprint: str) -> str:
    """Return the fingerprint as an edited message keeps it. Imported messages have none."""
    if not fingerprint or fingerprint.startswith(KEYED):
        return fingerprint
    return _hmac(fingerprint, settings.SECRET_KEY)


def are_same(stored: str, posted: str) -> bool:
    """Return whether two fingerprints are of the same post. `stored` may be keyed with any secret key still in use."""
    if not stored.startswith(KEYED):
        return stored == posted
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(stored, _hmac(posted, secret)) for secret in secrets)


def key_edited() -> int:
    """Key the fingerprints of messages that workers of the previous release edited. Return their number.

    Call this when no worker of that release is left.
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

"""How a session's key is stored: as its digest, so that nobody who reads the table can sign in by what stands there.

The release before this one stored the key itself. `SessionKeyTransition` is the time in which both are known.
"""

import hashlib
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

# No key has this character, so that a stored digest is never taken for a key.
MARK = "$"
KEY_MAX_LENGTH = 40
# Of the 64 characters of the digest, as many as fit the column of the release before. They are 156 bits.
DIGEST_LENGTH = 39
# How long after the migration workers with the release before may still run.
TRANSITION = timedelta(hours=24)
# A row that was being written when the transition ended is there by then.
GRACE = timedelta(minutes=1)


def digest_of(key: str) -> str:
    """Return what stands in the table for a key. The key is random, so that no salt and no slow hash is needed."""
    return MARK + hashlib.sha256(key.encode()).hexdigest()[:DIGEST_LENGTH]


def is_key(value: str) -> bool:
    """Whether a browser could have been given this as a key. A stored digest is none."""
    return len(value) <= KEY_MAX_LENGTH and value.isascii() and value.isalnum()


def ids_by_key(key: str | None) -> tuple[str, ...]:
    """Return the ids that the row of a browser's session may have, the likeliest first; none for what is no key."""
    if not key or not is_key(key):
        return ()
    return (digest_of(key),) if SessionKeyTransition.has_ended else (digest_of(key), key)


def ids_by_id(session_id: str) -> tuple[str, ...]:
    """Return the ids that a row which had this id may have now: it may have been converted meanwhile."""
    return (session_id,) if session_id.startswith(MARK) else (digest_of(session_id), session_id)


def id_of_new(key: str) -> str:
    """Return the id for the row of a new session: the key itself while workers of the release before look for that."""
    return key if SessionKeyTransition.is_running() else digest_of(key)


class SessionKeyTransition(models.Model):
    """The time until which plain session keys are stored. Its one row goes once each key is replaced by its digest.

    The migration makes the row where people may be signed in already. A new site never has one.
    """

    until = models.DateTimeField()

    # What this process knows: once there is no row, there is none again.
    has_ended: ClassVar[bool] = False

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_session_key_transition")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M} UTC"

    @classmethod
    def current(cls) -> "SessionKeyTransition | None":
        """Return the row if there is one. Once there is none, the database is not asked again."""
        if cls.has_ended:
            return None
        row = cls.objects.first()
        SessionKeyTransition.has_ended = row is None
        return row

    @classmethod
    def is_running(cls) -> bool:
        """Whether a worker of the release before may look for plain keys."""
        row = cls.current()
        return row is not None and row.until > timezone.now()

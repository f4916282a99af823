"""Storage of session keys as digests, so that a reader of the table cannot sign in with them.

The previous release stored the key itself. During `SessionKeyTransition` both forms are valid.
"""

import hashlib
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

# No key has this character, so that a stored digest is never taken for a key.
MARK = "$"
KEY_MAX_LENGTH = 40
# The column of the previous release has room for this many of the 64 hexadecimal digits. They are 156 bits.
DIGEST_LENGTH = 39
# Workers of the previous release may run for this long after the migration.
TRANSITION = timedelta(hours=24)
# A row that was being written when the transition ended is committed after this time.
GRACE = timedelta(minutes=1)


def digest_of(key: str) -> str:
    """Return the id that is stored for a key. The key is random, so no salt and no slow hash is needed."""
    return MARK + hashlib.sha256(key.encode()).hexdigest()[:DIGEST_LENGTH]


def is_key(value: str) -> bool:
    """Return whether this can be a key that a browser was given. A stored digest cannot."""
    return len(value) <= KEY_MAX_LENGTH and value.isascii() and value.isalnum()


def ids_by_key(key: str | None) -> tuple[str, ...]:
    """Return the ids that the row of a session may have, the likeliest first. Empty if `key` is not a key."""
    if not key or not is_key(key):
        return ()
    return (digest_of(key),) if SessionKeyTransition.has_ended else (digest_of(key), key)


def ids_by_id(session_id: str) -> tuple[str, ...]:
    """Return the ids that a row may have now which had this id earlier. It may have been converted since."""
    return (session_id,) if session_id.startswith(MARK) else (digest_of(session_id), session_id)


def id_of_new(key: str) -> str:
    """Return the id for a new session's row: the key itself while workers of the previous release look for it."""
    return key if SessionKeyTransition.is_running() else digest_of(key)


class SessionKeyTransition(models.Model):
    """The time until which plain session keys are stored. Its one row is deleted when all keys are digests.

    The migration adds the row if the site has sessions already. A new site never has one.
    """

    until = models.DateTimeField()

    # Known per process. Without a row the transition has ended, and it never begins again.
    has_ended: ClassVar[bool] = False

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_session_key_transition")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M} UTC"

    @classmethod
    def current(cls) -> "SessionKeyTransition | None":
        """Return the row if there is one. After the first time without one, there is no query any more."""
        if cls.has_ended:
            return None
        row = cls.objects.first()
        SessionKeyTransition.has_ended = row is None
        return row

    @classmethod
    def is_running(cls) -> bool:
        """Return whether a worker of the previous release may look for plain keys."""
        row = cls.current()
        return row is not None and row.until > timezone.now()

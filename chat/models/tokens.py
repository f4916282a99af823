"""Access tokens: bearer secrets of people and bots, for programs."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from chat.models.people import Person

TOKEN_LABEL_MAX_LENGTH = 80
# The last use of a token is written at most this often.
TOKEN_USE_RECORDED_EVERY = timedelta(hours=1)


class TokenQuerySet(models.QuerySet["Token"]):
    def valid(self) -> Self:
        return self.filter(revoked_at=None, person__is_active=True)

    def bearer(self, secret: str) -> Self:
        """Return the valid token with this secret, if there is one."""
        return self.valid().filter(digest=Token.digest_of(secret)).select_related("person")

    def stale_last_used(self, now: datetime) -> Self:
        """Return the tokens whose last recorded use is missing or too old."""
        return self.exclude(last_used_at__gt=now - TOKEN_USE_RECORDED_EVERY)


class Token(models.Model):
    """A bearer secret for the terminal, bots and the API. Only its SHA-256 is stored: the secret is 256 random bits.

    A worker of the release before ignores scopes, room and expiry.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=TOKEN_LABEL_MAX_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # What it may be used for, as words: see `chat.protocol.Scope`. Null is everything that its person may do.
    scopes = models.TextField(null=True, blank=True)  # noqa: DJ001
    # The only room in which it works. A deleted room takes it along: without one, it would work everywhere.
    room = models.ForeignKey("chat.Room", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.label or f"token {self.pk}"

    def is_last_used_stale(self, now: datetime) -> bool:
        """Return whether a use at `now` has to be recorded."""
        return self.last_used_at is None or self.last_used_at <= now - TOKEN_USE_RECORDED_EVERY

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

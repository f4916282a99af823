"""Access tokens: bearer secrets of people and bots, for programs."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from chat.db.compiled_queries import Param
from chat.models.people import Person
from chat.protocol import Scope

TOKEN_LABEL_MAX_LENGTH = 80
# The last use of a token is written at most this often.
TOKEN_USE_RECORDED_EVERY = timedelta(hours=1)


class TokenQuerySet(models.QuerySet["Token"]):
    def valid(self, now: datetime | Param | None = None) -> Self:
        """Return the tokens that work. A compiled query passes the parameter `now`."""
        expires = models.Q(expires_at=None) | models.Q(expires_at__gt=now or timezone.now())
        return self.filter(expires, revoked_at=None, person__is_active=True)

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

    @property
    def allowed(self) -> frozenset[Scope] | None:
        """Return what it may be used for. None is everything. A word of a later release is left out."""
        return None if self.scopes is None else frozenset(Scope) & frozenset(self.scopes.split())

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

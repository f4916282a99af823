"""People: members with a password, guests without one, and the tokens that speak for them."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from asgiref.sync import sync_to_async
from django.contrib.auth import hashers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from chat.models.names import FORM_FIELDS, Named, NamedQuerySet
from chat.text import cleaning
from chat.text.lookalikes import is_reserved
from chat.text.normal_forms import normalized

# What `Person.rename` sets.
NAME_FIELDS = ("name", "handle", *FORM_FIELDS)
RESERVED = "This name is reserved for the site. Choose another one."
NAME_TAKEN = "That name is taken, or looks too much like one that is."
# Colours that a person may choose among; the page has as many.
COLORS = 10
TOKEN_LABEL_MAX_LENGTH = 80
# How exactly it is known when a token was last used.
TOKEN_NOTED_EVERY = timedelta(hours=1)


class Theme(models.TextChoices):
    SYSTEM = "system", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Level(models.TextChoices):
    """What of a room a person wants to be told of."""

    ALL = "all", "All messages"
    MENTIONS = "mentions", "Mentions only"
    NOTHING = "nothing", "Nothing"


def validate_name(value: str) -> None:
    """For forms and `createsuperuser`: what `Person.rename` would refuse."""
    try:
        cleaning.clean_name(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class PersonQuerySet(NamedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def named_like(self, name: str) -> Self:
        """Everybody whose name is equal to `name` but for case, or looks the same."""
        return self.filter(handle=cleaning.fold(name)) | self.looking_like(name)


class PersonManager(BaseUserManager["Person"].from_queryset(PersonQuerySet)):  # type: ignore[misc]
    """What Django's authentication and `createsuperuser` ask of a user model."""

    def get_by_natural_key(self, name: str | None) -> "Person":
        return self.get(handle=cleaning.fold(name or ""))

    def create_user(self, name: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(**fields)
        person.rename(name)
        person.set_password(password)
        with transaction.atomic(using=self._db):
            person.save(using=self._db)
        return person

    def create_superuser(self, name: str, password: str | None = None, **fields: Any) -> "Person":
        return self.create_user(name, password, is_staff=True, is_superuser=True, **fields)


class Person(Named, AbstractBaseUser, PermissionsMixin):
    """Somebody who can be in a room. A guest has no password and becomes a member by setting one."""

    name = models.CharField(max_length=cleaning.NAME_MAX_LENGTH, unique=True, validators=[validate_name])
    handle = models.CharField(max_length=4 * cleaning.NAME_MAX_LENGTH, unique=True, editable=False)
    email = models.EmailField(blank=True)
    is_guest = models.BooleanField("guest", default=False)
    # Came in by a plain client and by nothing else: whoever gives the name with such a client is this person.
    is_plain = models.BooleanField("plain client", default=False)
    is_staff = models.BooleanField("staff (can use the admin)", default=False)
    is_active = models.BooleanField("active", default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # Null: one that follows from the id.
    color = models.PositiveSmallIntegerField(null=True, blank=True)
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM, db_default=Theme.SYSTEM)
    # For the rooms in which they have chosen nothing else.
    notify = models.CharField("notifications", max_length=8, choices=Level, default=Level.ALL, db_default=Level.ALL)
    # What sessions are compared by while the password is the one that this begins with a digest of; see `_encode_anew`.
    session_mark = models.CharField(max_length=160, blank=True, default="", db_default="", editable=False)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "name"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(Named.Meta):
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        """Django's NFKC, which `clean` applies, at a linear cost."""
        return normalized("NFKC", username) if isinstance(username, str) else username

    def clean(self) -> None:
        super().clean()
        if self.has_its_name():
            return
        try:
            self.rename(self.name)
        except ValueError as error:
            raise ValidationError({"name": str(error)}) from error
        if Person.objects.named_like(self.name).exclude(pk=self.pk).exists():
            raise ValidationError({"name": NAME_TAKEN})
        if is_reserved(self.name) and not self.is_superuser:
            raise ValidationError({"name": RESERVED})

    def has_its_name(self) -> bool:
        """Whether the stored name is this one: it stays, also where a newer rule is against it."""
        return self.pk is not None and Person.objects.filter(pk=self.pk, name=self.name).exists()

    def check_password(self, raw_password: str | None) -> bool:
        """Compare as Django does. A password that has to be encoded anew ends no session, and undoes no change."""
        return hashers.check_password(raw_password, self.password, self._encode_anew)

    async def acheck_password(self, raw_password: str | None) -> bool:
        return await sync_to_async(self.check_password)(raw_password)

    def _encode_anew(self, raw_password: str) -> None:
        """Encode the same password with the present hasher, as after an upgrade of Django.

        Sessions stay as good as they were: what they are compared by is kept. A password that was changed since this
        row was read is left alone: Django's own would write the former one over it.
        """
        encoded = hashers.make_password(raw_password)
        mark = f"{_sha256(encoded)}:{self.get_session_auth_hash()}"
        same = Person.objects.filter(pk=self.pk, password=self.password)
        if same.update(password=encoded, session_mark=mark):
            self.password, self.session_mark = encoded, mark

    def get_session_auth_hash(self) -> str:
        """Return what a session made with the present password holds, however often that was encoded anew."""
        digest, _, mark = self.session_mark.partition(":")
        return mark if mark and digest == _sha256(self.password) else super().get_session_auth_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield what it holds under earlier secret keys, or by a worker of the release before."""
        yield super().get_session_auth_hash()
        yield from super().get_session_auth_fallback_hash()

    def rename(self, name: str) -> None:
        """Set the name and the two forms it is compared by. ValueError with a sentence for an unusable one."""
        self.name = cleaning.clean_name(name)
        self.handle = cleaning.fold(self.name)
        self.forms = cleaning.skeletons(self.name)


def _sha256(encoded: str) -> str:
    return hashlib.sha256(encoded.encode()).hexdigest()


class TokenQuerySet(models.QuerySet["Token"]):
    def valid(self) -> Self:
        return self.filter(revoked_at=None, person__is_active=True)

    def bearer(self, secret: str) -> Self:
        """The valid token whose secret this is, if any."""
        return self.valid().filter(digest=Token.digest_of(secret)).select_related("person")

    def stale_last_used(self, now: datetime) -> Self:
        """Those of whose last use nothing is known, or nothing recent."""
        return self.exclude(last_used_at__gt=now - TOKEN_NOTED_EVERY)


class Token(models.Model):
    """A bearer secret for the terminal, bots and the API. Only its SHA-256 is stored: the secret is 256 random bits."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=TOKEN_LABEL_MAX_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.label or f"token {self.pk}"

    def is_last_used_stale(self, now: datetime) -> bool:
        """Whether its use now is worth noting."""
        return self.last_used_at is None or self.last_used_at <= now - TOKEN_NOTED_EVERY

    @staticmethod
    def new_secret() -> str:
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()

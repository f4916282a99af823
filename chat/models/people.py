"""People: members with a password, guests without one, and bots, which are programs."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

from asgiref.sync import sync_to_async
from django.contrib.auth import hashers
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from chat.db.compiled_queries import CompiledQuery, ParamList
from chat.models.names import FORM_FIELDS, Named, NamedQuerySet
from chat.protocol import AccountKind
from chat.text import cleaning
from chat.text.folding import unaccented
from chat.text.lookalikes import is_reserved, means_everyone
from chat.text.normal_forms import normalized

# The fields that `Person.rename` sets.
NAME_FIELDS = ("name", "handle", "search_name", *FORM_FIELDS)
RESERVED = "This name is reserved for the site. Choose another one."
NAME_TAKEN = "That name is taken, or looks too much like one that is."
# Number of colours that a person may choose from. The style sheet has as many.
COLORS = 10


class Theme(models.TextChoices):
    SYSTEM = "system", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Level(models.TextChoices):
    """The messages of a room that notify a person."""

    ALL = "all", "All messages"
    MENTIONS = "mentions", "Mentions only"
    NOTHING = "nothing", "Nothing"


def validate_name(value: str) -> None:
    """Refuse the names that `Person.rename` refuses. For forms and `createsuperuser`."""
    try:
        cleaning.clean_name(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class PersonQuerySet(NamedQuerySet):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def waiting(self) -> Self:
        """Return the accounts that the site's staff have to approve. Each has a password already."""
        return self.exclude(pending_since=None).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def unverified(self) -> Self:
        """Return the accounts that get a password when a link in an email is opened."""
        return self.exclude(pending_since=None).filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def unclaimed(self) -> Self:
        """Return the accounts from archives that the owners of their addresses can still take over."""
        closed = self.filter(is_active=False, is_guest=False, pending_since=None, email_verified_at=None)
        ours = closed.filter(imported_from__isnull=False, password__startswith=UNUSABLE_PASSWORD_PREFIX)
        return ours.exclude(email="").distinct()

    def named_like(self, name: str) -> Self:
        """Return the people whose name equals `name` apart from case, or looks the same."""
        return self.filter(handle=cleaning.fold(name)) | self.looking_like(name)


class PersonManager(BaseUserManager["Person"].from_queryset(PersonQuerySet)):  # type: ignore[misc]
    """The methods that Django's authentication and `createsuperuser` expect."""

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
    """A person who can be in rooms. A guest has no password and becomes a member by setting one."""

    name = models.CharField(max_length=cleaning.NAME_MAX_LENGTH, unique=True, validators=[validate_name])
    handle = models.CharField(max_length=4 * cleaning.NAME_MAX_LENGTH, unique=True, editable=False)
    email = models.EmailField(blank=True)
    is_guest = models.BooleanField("guest", default=False)
    # A guest who has used plain-text clients only. Anyone who gives the name with such a client is this person.
    is_plain = models.BooleanField("plain client", default=False)
    # A program that takes part with access tokens. It has no password. Null means no, as in rows of an older release.
    is_bot = models.BooleanField("bot", null=True, editable=False)
    # Null also after the owner's account was deleted. The bot is then not active.
    bot_owner = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="bots", db_index=False
    )
    is_staff = models.BooleanField("staff (can use the admin)", default=False)
    is_active = models.BooleanField("active", default=True)
    # When a link in a mail to `email` was opened. Emails about messages go to verified addresses only.
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Since when the account waits to be approved, or for its address to be verified. It is not active meanwhile, except
    # for a guest, who stays one.
    pending_since = models.DateTimeField(null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(default=timezone.now)
    # Null means a colour that follows from the id.
    color = models.PositiveSmallIntegerField(null=True, blank=True)
    # The column has the file's key, so no one has to read the file for its address.
    avatar = models.ForeignKey(
        "chat.File", null=True, blank=True, on_delete=models.SET_NULL, to_field="key", related_name="avatar_of"
    )
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM, db_default=Theme.SYSTEM)
    # For rooms without a setting of their own.
    notify = models.CharField("notifications", max_length=8, choices=Level, default=Level.ALL, db_default=Level.ALL)
    # `<digest of the stored password>:<hash that sessions hold>`, valid for that stored password only. See `_rehash`.
    session_mark = models.CharField(max_length=160, blank=True, default="", db_default="", editable=False)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "name"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta(Named.Meta):
        verbose_name_plural = "people"
        indexes = [
            models.Index(fields=["bot_owner"], name="bots_by_owner", condition=models.Q(bot_owner__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        """Apply NFKC as Django does, at a cost linear in the length. `clean` calls this."""
        return normalized("NFKC", username) if isinstance(username, str) else username

    def clean(self) -> None:
        super().clean()
        if self.is_bot and (self.is_staff or self.is_superuser):
            raise ValidationError("A bot can’t be staff: its owner can use all its rights.")
        if self.has_its_name():
            return
        try:
            self.rename(self.name)
        except ValueError as error:
            raise ValidationError({"name": str(error)}) from error
        if Person.objects.named_like(self.name).exclude(pk=self.pk).exists():
            raise ValidationError({"name": NAME_TAKEN})
        if means_everyone(self.name) or (is_reserved(self.name) and not self.is_superuser):
            raise ValidationError({"name": RESERVED})

    def has_its_name(self) -> bool:
        """Return whether this is the stored name. It stays valid under newer rules that would refuse it."""
        return self.pk is not None and Person.objects.filter(pk=self.pk, name=self.name).exists()

    @property
    def kind(self) -> AccountKind:
        return AccountKind.of(self.is_guest, self.is_bot)

    @property
    def may_verify(self) -> bool:
        """Return whether a link to the email address ends in a choice of a password: for guests, and new accounts."""
        if self.is_active:
            return self.is_guest
        return not self.has_usable_password() and (self.pending_since is not None or self.is_unclaimed)

    @property
    def is_unclaimed(self) -> bool:
        """Return whether the account came from an archive, and the owner of its address can still take it over."""
        return not self.is_active and bool(self.email) and Person.objects.unclaimed().filter(pk=self.pk).exists()

    @property
    def has_unverified_email(self) -> bool:
        """Return whether this is a member with an address that no one has shown to be theirs."""
        return self.is_active and not self.is_guest and bool(self.email) and self.email_verified_at is None

    def check_password(self, raw_password: str | None) -> bool:
        """Compare as Django does. If the hash is upgraded, sessions stay valid and a concurrent change is kept."""
        return hashers.check_password(raw_password, self.password, self._rehash)

    async def acheck_password(self, raw_password: str | None) -> bool:
        return await sync_to_async(self.check_password)(raw_password)

    def _rehash(self, raw_password: str) -> None:
        """Hash the same password with the current hasher, as after an upgrade of Django.

        Sessions stay valid, because the hash that they hold is kept in `session_mark`. If the password was changed
        since this row was read, nothing is written. Django's own version would overwrite it with the old password.
        """
        encoded = hashers.make_password(raw_password)
        mark = f"{_sha256(encoded)}:{self.get_session_auth_hash()}"
        same = Person.objects.filter(pk=self.pk, password=self.password)
        if same.update(password=encoded, session_mark=mark):
            self.password, self.session_mark = encoded, mark

    def get_session_auth_hash(self) -> str:
        """Return the hash that sessions made with this password hold. It stays when the password is hashed again."""
        digest, _, mark = self.session_mark.partition(":")
        return mark if mark and digest == _sha256(self.password) else super().get_session_auth_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Yield the hashes that a session may hold from earlier secret keys, or from a worker of an older release."""
        yield super().get_session_auth_hash()
        yield from super().get_session_auth_fallback_hash()

    def rename(self, name: str) -> None:
        """Set the name, and the handle and forms it is compared by. Raise ValueError with a sentence if invalid."""
        self.name = cleaning.clean_name(name)
        self.handle = cleaning.fold(self.name)
        self.set_search_name()
        self.forms = cleaning.skeletons(self.name)


def meant_by(handles: Iterable[str], *, only_active: bool = True) -> dict[str, list[int]]:
    """Return the ids of the people whom each folded name means. A name that means no one is left out.

    It means the person with exactly this name. If there is none, it means those whose names differ only in accents. One
    query, or none without names.
    """
    bare = {handle: unaccented(handle) for handle in handles}
    exact: dict[str, int] = {}
    alike: dict[str, list[int]] = {}
    for pk, handle, name, is_active in sorted(_NAMED.rows(handles=bare, names=set(bare.values())) if bare else ()):
        if is_active or not only_active:
            exact[handle] = pk
            # A worker of an older release renames without `search_name`.
            alike.setdefault(unaccented(name), []).append(pk)
    found = {handle: [exact[handle]] if handle in exact else alike.get(bare[handle], []) for handle in bare}
    return {handle: ids for handle, ids in found.items() if ids}


def _named(field: str, values: str) -> "models.QuerySet[Person, Any]":
    names = ParamList(values, Person._meta.get_field("handle"))
    return Person.objects.filter(**{f"{field}__in": names}).values_list("pk", "handle", "name", "is_active")


# A union, because PostgreSQL would read all people for two lists that are joined by `or`.
_NAMED = CompiledQuery(lambda: _named("handle", "handles").union(_named("search_name", "names")))


def _sha256(encoded: str) -> str:
    return hashlib.sha256(encoded.encode()).hexdigest()

"""Creating accounts: guests with a name, members with a password, and access tokens for programs."""

from collections.abc import Callable, Iterable

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from chat.actions import credentials
from chat.actions.joining import join_default_rooms
from chat.auth.authentication import Credential
from chat.errors import ActionError
from chat.models import Person, Token
from chat.models.people import NAME_TAKEN, RESERVED
from chat.models.tokens import TOKEN_LABEL_MAX_LENGTH
from chat.protocol import Code
from chat.text.lookalikes import is_reserved, means_everyone

PLAIN_LABEL = "plain client"
# Valid access tokens of one person.
MAX_TOKENS = 100
TOO_MANY_TOKENS = f"You’ve reached the limit of {MAX_TOKENS} access tokens. Revoke one in your profile and try again."


# A part of a transaction that is about a new member, such as the use of an invitation.
Also = Callable[[Person], object]


def _nothing(person: Person) -> None:
    """Do nothing else."""


def join_as_guest(name: str) -> Person:
    """Create a person without a password. Refuse a name that is taken, or that looks like another's."""
    person = Person(is_guest=True)
    person.set_unusable_password()
    return save_named(person, name)


def plain_guest(name: str) -> Person | None:
    """Return the guest who has this name at plain-text clients, if there is one. Anyone may use such a name."""
    wanted = Person()
    rename(wanted, name)
    person = Person.objects.filter(handle=wanted.handle, is_plain=True).first()
    if person is not None and not person.is_active:
        raise ActionError(Code.SIGNED_OUT, "That name isn’t available.")
    return person


def join_plainly(name: str) -> Person:
    """Create a guest whose name any plain-text client may use, or return the one that another process has just created.

    Refuse a name that belongs to any other account, or that looks like one.
    """
    person = Person(is_guest=True, is_plain=True)
    person.set_unusable_password()
    try:
        return save_named(person, name)
    except ActionError as error:
        if error.code is Code.CONFLICT and (existing := plain_guest(name)):
            return existing
        raise


def plain_credential(person: Person) -> Credential:
    """Return the credential of a plain guest's connections. Revoking its token closes them. No one knows its secret."""
    token = person.tokens.valid().filter(label=PLAIN_LABEL).first()
    if token is None:
        issue_token(person, PLAIN_LABEL)
        token = person.tokens.valid().filter(label=PLAIN_LABEL).latest("pk")
    return Credential(person.pk, "", token_id=token.pk)


def sign_up(name: str, password: str, email: str = "", also: Also = _nothing) -> Person:
    """Create a member. The caller has validated the password, since it shows what is wrong with it.

    `also` runs in the same transaction, and may refuse.
    """
    person = Person(email=email)
    person.set_password(password)
    return save_named(person, name, also)


def claim(person: Person, password: str, email: str = "", keep: str | None = None, also: Also = _nothing) -> Person:
    """Make a guest a member with a password. The name and the messages stay.

    All tokens end, and all sessions except `keep`. `also` runs in the same transaction, and may refuse.
    """
    if not person.is_guest:
        raise ActionError(Code.CONFLICT, "This account already has a password.")
    encoded = make_password(password)  # before the transaction, since it takes long
    with transaction.atomic():
        credentials.confirm_unchanged(person)
        person.password, person.is_guest, person.is_plain, person.pending_since = encoded, False, False, None
        person.email = email or person.email
        person.save(update_fields=["password", "is_guest", "is_plain", "pending_since", "email"])
        credentials.end_all(person, keep)
        also(person)
    return person


def issue_token(person: Person, label: str = "", session_key: str | None = None) -> str:
    """Create an access token and return its secret. The database keeps only a digest.

    With `session_key`, refuse if that session has ended.
    """
    secret = Token.new_secret()
    with transaction.atomic():
        credentials.confirm_unchanged(person, session_key)
        if person.tokens.filter(revoked_at=None).count() >= MAX_TOKENS:
            raise ActionError(Code.CONFLICT, TOO_MANY_TOKENS)
        Token.objects.create(person=person, digest=Token.digest_of(secret), label=label[:TOKEN_LABEL_MAX_LENGTH])
    return secret


def take_name(person: Person, name: str, *, for_the_site: bool = False) -> None:
    """Set the name of `person` without saving it. Refuse an invalid name, and one that looks like another's.

    A reserved name is for superusers, and `for_the_site`. One that means everyone, as `@room` does, is for no one.
    People keep a name that they already have.
    """
    person.name = name
    if person.has_its_name():
        return
    rename(person, name)
    if means_everyone(person.name):
        raise ActionError(Code.CONFLICT, RESERVED, field="name")
    if is_reserved(person.name) and not (person.is_superuser or for_the_site):
        raise ActionError(Code.CONFLICT, RESERVED, field="name")
    if Person.objects.named_like(person.name).exclude(pk=person.pk).exists():
        raise ActionError(Code.CONFLICT, NAME_TAKEN, field="name")


def rename(person: Person, name: str) -> None:
    """Set the name of `person` and what it is compared by. Refuse an invalid name."""
    try:
        person.rename(name)
    except ValueError as error:
        raise ActionError(Code.BAD_FRAME, str(error), field="name") from error


def save(person: Person, update_fields: Iterable[str] | None = None) -> None:
    """Save `person`. Refuse if someone else has just taken the name."""
    try:
        with transaction.atomic():
            person.save(update_fields=update_fields)
    except IntegrityError as error:
        raise ActionError(Code.CONFLICT, NAME_TAKEN, field="name") from error


def save_named(person: Person, name: str, also: Also = _nothing) -> Person:
    """Save a new account. An active one becomes a member of the default rooms, unless anyone may use its name."""
    take_name(person, name)
    with transaction.atomic():
        save(person)
        if person.is_active and not person.is_plain:
            join_default_rooms(person)
        also(person)
    return person

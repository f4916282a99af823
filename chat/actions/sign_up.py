"""Accounts that wait for a verified email address or for the staff's approval, and the site's first owner."""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from chat.actions import account_deletion, accounts, audit, credentials, joining
from chat.actions.audit import Action
from chat.actions.jobs.writes import write
from chat.auth.sign_up import LINK_VALID
from chat.errors import ActionError
from chat.models import Epoch, Membership, Person, Room
from chat.models.people import PersonQuerySet
from chat.protocol import Code
from chat.text import cleaning

LOBBY_SLUG = "lobby"
SPENT = "This link has expired or has already been used."
HAS_OWNER = "This site has an owner already. Sign in instead."


# ---- Verified addresses


def begin(name: str, email: str) -> Person:
    """Create an account without a password, which holds its name until the link in an email is opened.

    Return the same account for the same name and address, so that a lost email can be sent again.
    """
    now = timezone.now()
    waiting: PersonQuerySet = Person.objects.unverified().filter(handle=cleaning.fold(name), email__iexact=email)
    if waiting.update(pending_since=now) and (found := waiting.first()):
        return found
    person = Person(email=email, is_active=False, pending_since=now)
    person.set_unusable_password()
    return accounts.save_named(person, name)


def set_unverified_email(guest: Person, email: str) -> None:
    """Store the address to which a guest gets a link. With it they set a password."""
    with transaction.atomic():
        credentials.confirm_unchanged(guest)
        guest.email = email
        guest.save(update_fields=["email"])


def complete(person: Person, password: str, keep: str | None = None) -> Person:
    """Give an account the password that its owner has chosen behind the link. A guest's becomes a member's.

    Refuse if the link was used meanwhile. `keep` is the session of the guest.
    """
    encoded = make_password(password)  # before the transaction, since it takes long
    with transaction.atomic():
        now = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if not now.may_verify or now.email != person.email:
            raise ActionError(Code.CONFLICT, SPENT)
        was_guest = now.is_guest
        now.email_verified_at, now.password = timezone.now(), encoded
        now.save(update_fields=["email_verified_at", "password"])
        open_account(now)
        if was_guest:
            credentials.end_all(now, keep)
    return now


def verify_email(person: Person) -> None:
    """Record that the address of a member is theirs. Refuse if that was done, or the address was changed, meanwhile."""
    unverified = Person.objects.active().filter(pk=person.pk, email=person.email, is_guest=False)
    if not unverified.filter(email_verified_at=None).update(email_verified_at=timezone.now()):
        raise ActionError(Code.CONFLICT, SPENT)


def expired(now: datetime | None = None) -> PersonQuerySet:
    """Return the accounts whose address was not verified in time."""
    overdue: PersonQuerySet = Person.objects.unverified().filter(
        pending_since__lt=(now or timezone.now()) - LINK_VALID, is_active=False
    )
    return overdue


def prune() -> int:
    """Remove the accounts whose address was not verified in time. Return their number."""
    return sum(write(decline, person) for person in list(expired()))


# ---- Approval


def ask_for_approval(name: str, password: str, email: str) -> Person:
    """Create an account that the site's staff have to approve. It holds its name meanwhile."""
    person = Person(email=email, is_active=False, pending_since=timezone.now())
    person.set_password(password)
    return accounts.save_named(person, name)


def ask_for_approval_of_guest(guest: Person, password: str, email: str, keep: str | None) -> None:
    """Store the password that a guest has chosen. They stay a guest until the site's staff approve the account."""
    encoded = make_password(password)
    with transaction.atomic():
        credentials.confirm_unchanged(guest)
        guest.password, guest.pending_since, guest.email = encoded, timezone.now(), email or guest.email
        guest.save(update_fields=["password", "pending_since", "email"])
        credentials.end_all(guest, keep)


def approve(person: Person) -> bool:
    """Open an account that waits. Return whether it did, since someone else may have decided meanwhile."""
    return _decide(person, open_account)


def decline(person: Person) -> bool:
    """Remove an account that waits, and free its name. Return whether it did."""
    return _decide(person, account_deletion.remove)


def _decide(person: Person, act: Callable[[Person], None]) -> bool:
    with transaction.atomic():
        waiting = Person.objects.select_for_update(no_key=True).exclude(pending_since=None).filter(pk=person.pk).first()
        if waiting is not None:
            act(waiting)
        return waiting is not None


def open_account(person: Person) -> None:
    """End the waiting of an account: it is active, and a member's. A new one joins the default rooms."""
    is_new = not person.is_guest
    person.is_active, person.is_guest, person.is_plain, person.pending_since = True, False, False, None
    person.save(update_fields=["is_active", "is_guest", "is_plain", "pending_since"])
    if is_new:
        joining.join_default_rooms(person)


# ---- The first owner


def create_first_owner(name: str, password: str, email: str) -> Person:
    """Create the site's first superuser, who owns the lobby. Refuse if there is one.

    The row of the epoch is locked, so that of two requests at once only one succeeds.
    """
    owner = Person(email=email, is_staff=True, is_superuser=True)
    owner.set_password(password)
    Epoch.current()
    with transaction.atomic():
        Epoch.objects.select_for_update().get(pk=1)
        if Person.objects.active().filter(is_superuser=True).exists():
            raise ActionError(Code.CONFLICT, HAS_OWNER)
        accounts.save_named(owner, name)
        if lobby := Room.objects.filter(slug=LOBBY_SLUG).first():
            membership = Membership.objects.filter(person=owner, room=lobby).first()
            joining.admit(membership or Membership(person=owner, room=lobby), role=Membership.Role.OWNER)
        audit.record(None, Action.ADD_PERSON, person=owner, detail="superuser, by the set-up page")
    return owner

"""Actions of staff on accounts: sign people out, deactivate and activate accounts, purge unused guests."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from chat import broadcast
from chat.actions import account_deletion, audit, bots, credentials, sign_up
from chat.actions.audit import Action
from chat.actions.files import avatars
from chat.actions.jobs.writes import write
from chat.errors import ActionError
from chat.models import Message, Person, Presence, Session, Token
from chat.models.people import PersonQuerySet
from chat.protocol import Code

CHANGE = "chat.change_person"
PURGE = "chat.delete_person"
MAX_PEOPLE = 1000


def sign_out_everywhere(actor: Person, people: Iterable[Person], *, reason: str = "") -> int:
    """End all sessions and tokens of these people, and their connections. Return the number of people."""
    return _for_each(actor, people, Action.SIGN_OUT, reason, credentials.remove_all)


def deactivate(actor: Person, people: Iterable[Person], *, reason: str = "") -> int:
    """Deactivate these accounts. Their messages stay. Accounts that are inactive already are left alone."""
    return _for_each(actor, (it for it in people if it.is_active), Action.DEACTIVATE, reason, bots.close)


def activate(actor: Person, people: Iterable[Person], *, reason: str = "") -> int:
    """Activate these accounts again. No earlier session or token works, so the people sign in anew."""
    return _for_each(actor, (it for it in people if not it.is_active), Action.ACTIVATE, reason, _open)


def remove_avatars(actor: Person, people: Iterable[Person], *, reason: str = "") -> int:
    """Remove the pictures of these people, and return their number."""
    return _for_each(actor, people, Action.CHANGE_PERSON, reason, avatars.remove, detail="picture removed")


def approve(actor: Person, people: Iterable[Person], *, reason: str = "") -> int:
    """Approve these accounts, which can sign in from now on. Those that do not wait for it are left alone."""
    return _for_each(actor, filter(_is_waiting, people), Action.APPROVE, reason, sign_up.approve)


def decline(actor: Person, people: Iterable[Person], *, reason: str = "") -> int:
    """Remove these accounts, which wait to be approved or verified. Their names are free again."""
    return _for_each(actor, (it for it in people if it.pending_since), Action.DECLINE, reason, sign_up.decline)


def number_waiting(actor: Person) -> int:
    """Return how many accounts wait for this person's approval. For people who are not staff, 0 without a query."""
    return Person.objects.waiting().count() if actor.is_staff and actor.has_perm(CHANGE) else 0


def _is_waiting(person: Person) -> bool:
    return person.pending_since is not None and person.has_usable_password()


def unused_guests(since: datetime) -> PersonQuerySet:
    """Return the guests without any activity since then: no session or token used, no message, no connection."""
    mine = OuterRef("pk")
    seen = (
        Q(date_joined__gte=since)
        | Q(last_login__gte=since)
        | Exists(Session.objects.filter(person=mine, seen_at__gte=since))
        | Exists(Token.objects.filter(person=mine).filter(Q(last_used_at__gte=since) | Q(created_at__gte=since)))
        | Exists(Message.objects.filter(author=mine, created_at__gte=since))
        | Exists(Presence.objects.filter(person=mine))
    )
    guests: PersonQuerySet = Person.objects.filter(is_guest=True, is_active=True).exclude(seen)
    return guests


def purge_guests(actor: Person | None, since: datetime, *, reason: str = "") -> int:
    """Remove the guests without any activity since then, and return their number.

    A guest who left messages or reactions becomes a deleted person, as after deleting an account. Of the others no row
    stays. Without an actor, the site itself does this.
    """
    if actor is not None and not (actor.is_active and actor.has_perm(PURGE)):
        raise ActionError(Code.FORBIDDEN, "You don’t have permission to delete guests.")
    purged = 0
    try:
        for pk in list(unused_guests(since).values_list("pk", flat=True)):
            purged += write(_purge, pk, since)
    finally:
        if purged:
            detail = f"inactive since {since:%Y-%m-%d}"
            write(partial(audit.record, actor, Action.PURGE, count=purged, reason=reason, detail=detail))
    return purged


def _purge(pk: int, since: datetime) -> bool:
    """Remove one guest, in a transaction of its own so that locks are short. A guest who has come back stays."""
    with transaction.atomic():
        guest = unused_guests(since).select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
        if guest is None:
            return False
        account_deletion.remove(guest)
        return True


def _for_each(
    actor: Person,
    people: Iterable[Person],
    action: Action,
    reason: str,
    change: Callable[[Person], object],
    *,
    detail: str = "",
) -> int:
    """Change all of these people or none, with an audit entry for each.

    Only a superuser can change staff. No one can change themselves.
    """
    people = list(people)
    with transaction.atomic():
        if not (actor.is_active and actor.has_perm(CHANGE)):
            raise ActionError(Code.FORBIDDEN, "You don’t have permission to change people.")
        if len(people) > MAX_PEOPLE:
            raise ActionError(Code.TOO_LONG, f"You can change at most {MAX_PEOPLE:,} people at once.")
        for person in people:
            check_above(actor, person)
            # First, because a change may remove the person.
            audit.record(actor, action, person=person, reason=reason, detail=detail)
            change(person)
        broadcast.publish(broadcast.access_moved())
    return len(people)


def check_above(actor: Person, person: Person) -> None:
    if person.pk == actor.pk:
        detail = "You can’t do this to yourself. Sign out or delete your account in your profile."
        raise ActionError(Code.FORBIDDEN, detail)
    if (person.is_staff or person.is_superuser) and not actor.is_superuser:
        raise ActionError(Code.FORBIDDEN, f"{person.name} is a staff member. Only a superuser can do that.")


def _open(person: Person) -> None:
    """Activate an account, unless its owner deleted it: it has no password, and its name says so."""
    if person.name.startswith(account_deletion.NAME) and not person.has_usable_password() and not person.is_guest:
        raise ActionError(Code.CONFLICT, f"{person.name} has deleted their account. It can’t be activated again.")
    if person.pending_since is not None and not person.is_guest:
        sign_up.open_account(person)
        return
    if person.is_bot and not (person.bot_owner and person.bot_owner.is_active):
        raise ActionError(Code.CONFLICT, f"{person.name} is a bot, and its owner’s account isn’t active.")
    person.is_active = True
    person.save(update_fields=["is_active"])
    credentials.remove_all(person)  # a worker of the previous release may have left some

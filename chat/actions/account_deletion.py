"""Deletion of an account by its owner."""

import secrets

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chat.actions import accounts, bots, credentials, direct, removal
from chat.actions.files import removal as files_removal
from chat.actions.removal import ERASE, BulkRequest
from chat.models import (
    AuditEntry,
    Block,
    Bookmark,
    Invitation,
    JoinRequest,
    Level,
    Membership,
    Mention,
    Message,
    NotificationChannel,
    Person,
    Reaction,
    Report,
    Theme,
)
from chat.models.people import NAME_FIELDS
from chat.text.lookalikes import DELETED_PERSON

NAME = DELETED_PERSON
CLEARED_FIELDS = [*NAME_FIELDS, "email", "password", "session_mark", "color", "theme", "notify", "last_login"]
CLEARED_FIELDS += ["email_verified_at", "pending_since"]
CLEARED_FLAGS = ["is_guest", "is_plain", "is_staff", "is_superuser", "is_active"]


def delete_account(person: Person) -> None:
    """Remove a person's data, rights, sessions, tokens, memberships and invitations. Their name is free again.

    Their messages stay as those of a deleted person, or are erased first if `CHAT_DELETED_ACCOUNTS` says so. Their
    connections are closed. The caller has verified who is asking.
    """
    erases = settings.CHAT_DELETED_ACCOUNTS == "erase"
    if erases:
        with transaction.atomic():
            credentials.confirm_unchanged(person)
        _erase_messages(person)
    with transaction.atomic():
        gone = credentials.confirm_unchanged(person)
        former = gone.name
        credentials.remove_all(gone)
        bots.disown(gone)
        direct.end_conversations(gone)
        files_removal.remove_unattached(gone)
        Membership.objects.filter(person=gone).delete()
        Mention.objects.filter(person=gone).delete()
        Bookmark.objects.filter(person=gone).delete()
        JoinRequest.objects.filter(person=gone).delete()
        NotificationChannel.objects.filter(person=gone).delete()
        Block.objects.filter(Q(person=gone) | Q(blocked=gone)).delete()
        _revoke_invitations(gone)
        gone.groups.clear()
        gone.user_permissions.clear()
        # Last, because a new name locks the row more strongly. Requests that hold rows from above need it at their end.
        _clear(gone)
        replace_name_in_reports(gone, gone.name)
        _replace_name_in_admin_log(gone, former)
    if erases:  # messages that were posted during the first erasure
        _erase_messages(person)


def remove(person: Person) -> None:
    """Remove an account and its row. Someone who left messages or reactions becomes a deleted person instead."""
    if Message.objects.filter(author=person).exists() or Reaction.objects.filter(person=person).exists():
        delete_account(person)
        return
    replace_name_in_reports(person, NAME)
    _revoke_invitations(person)
    bots.disown(person)
    direct.end_conversations(person)
    files_removal.remove_unattached(person)
    person.delete()


def _erase_messages(person: Person) -> None:
    """Erase the person's messages. This starts before the account is closed, so that it can be repeated if it fails."""
    request = BulkRequest(None, detail="account deleted")
    removal.execute(ERASE, request, Message.objects.filter(author=person).values_list("pk", flat=True))


def _clear(person: Person) -> None:
    person.email, person.session_mark, person.color, person.last_login = "", "", None, None
    person.theme, person.notify = Theme.SYSTEM, Level.ALL
    person.email_verified_at = person.pending_since = None
    person.is_guest = person.is_plain = person.is_staff = person.is_superuser = person.is_active = False
    person.set_unusable_password()
    accounts.take_name(person, _free_name(person), for_the_site=True)
    accounts.save(person, [*CLEARED_FIELDS, *CLEARED_FLAGS])


def _revoke_invitations(person: Person) -> None:
    """Revoke the person's invitations. The rows stay without them, for the people who came by one."""
    made = Invitation.objects.filter(created_by=person)
    made.filter(revoked_at=None).update(revoked_at=timezone.now())
    made.update(created_by=None, note="")


def replace_name_in_reports(person: Person, name: str) -> None:
    """Put `name` on the reports that this person resolved, whatever their name was then.

    The audit log says which reports those are. The log itself keeps the old names.
    """
    resolved = AuditEntry.objects.filter(actor_id=person.pk, action=AuditEntry.Action.RESOLVE).exclude(seq=None)
    for former, slug, seq in resolved.values_list("actor", "room", "seq").distinct():
        reports = Report.objects.filter(resolved_by=former, room__slug=slug, message__seq=seq or 0)
        reports.update(resolved_by=name)


def _replace_name_in_admin_log(person: Person, former: str) -> None:
    """Replace the name in the log of Django's admin, which stores it as text for the person and their memberships."""
    of_person = Q(content_type__model="person", object_id=str(person.pk))
    of_membership = Q(content_type__model="membership", object_repr__startswith=f"{former} in ")
    logged = LogEntry.objects.filter(of_person | of_membership, content_type__app_label="chat")
    logged.update(object_repr=person.name)


def _free_name(person: Person) -> str:
    """Return a name made from the person's id. If someone has taken that name, add random digits."""
    name = f"{NAME} {person.pk}"
    while Person.objects.named_like(name).exclude(pk=person.pk).exists():
        name = f"{NAME} {person.pk}-{secrets.token_hex(3)}"
    return name

"""Leaving for good."""

import secrets

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Q

from chat.actions import accounts, credentials, removal
from chat.actions.removal import ERASE, BulkRequest
from chat.models import AuditEntry, Level, Membership, Mention, Message, Person, Report, Theme
from chat.models.people import NAME_FIELDS
from chat.text.lookalikes import DELETED_PERSON

NAME = DELETED_PERSON
FORGOTTEN = [*NAME_FIELDS, "email", "password", "session_mark", "color", "theme", "notify", "last_login"]
LOST_RIGHTS = ["is_guest", "is_plain", "is_staff", "is_superuser", "is_active"]


def delete_account(person: Person) -> None:
    """Forget who somebody was. Their messages stay, as those of a deleted person, or are erased first where the site's
    settings say so; their name is free again.

    Nobody can come in as them, all that is open by their sessions and tokens ends, and their places in rooms are given
    up. That they are who they say was checked by the caller.
    """
    erases = settings.CHAT_DELETED_ACCOUNTS == "erase"
    if erases:
        with transaction.atomic():
            credentials.confirm_unchanged(person)
        _erase_messages(person)
    with transaction.atomic():
        gone = credentials.confirm_unchanged(person)
        former = gone.name
        _forget(gone)
        forget_as_staff(gone, gone.name)
        _forget_in_admin_log(gone, former)
        credentials.remove_all(gone)
        Membership.objects.filter(person=gone).delete()
        Mention.objects.filter(person=gone).delete()
        gone.groups.clear()
        gone.user_permissions.clear()
    if erases:  # what was written while the others were erased
        _erase_messages(person)


def _erase_messages(person: Person) -> None:
    """Begun before the account is closed: cut off in the middle, it can be asked for again."""
    wish = BulkRequest(None, detail="account deleted")
    removal.execute(ERASE, wish, Message.objects.filter(author=person).values_list("pk", flat=True))


def _forget(person: Person) -> None:
    person.email, person.session_mark, person.color, person.last_login = "", "", None, None
    person.theme, person.notify = Theme.SYSTEM, Level.ALL
    person.is_guest = person.is_plain = person.is_staff = person.is_superuser = person.is_active = False
    person.set_unusable_password()
    accounts.take_name(person, _free_name(person), for_the_site=True)
    accounts.save(person, [*FORGOTTEN, *LOST_RIGHTS])


def forget_as_staff(person: Person, name: str) -> None:
    """Put `name` where reports say that this person resolved them, whatever they were called then.

    The audit log tells which reports those are. It keeps the names itself.
    """
    resolved = AuditEntry.objects.filter(actor_id=person.pk, action=AuditEntry.Action.RESOLVE).exclude(seq=None)
    for former, slug, seq in resolved.values_list("actor", "room", "seq").distinct():
        reports = Report.objects.filter(resolved_by=former, room__slug=slug, message__seq=seq or 0)
        reports.update(resolved_by=name)


def _forget_in_admin_log(person: Person, former: str) -> None:
    """Django's log of the admin has what was changed as text: the person, and their places in rooms."""
    of_person = Q(content_type__model="person", object_id=str(person.pk))
    of_place = Q(content_type__model="membership", object_repr__startswith=f"{former} in ")
    logged = LogEntry.objects.filter(of_person | of_place, content_type__app_label="chat")
    logged.update(object_repr=person.name)


def _free_name(person: Person) -> str:
    """By the person's id, unless somebody took just that name to pose as one who is gone."""
    name = f"{NAME} {person.pk}"
    while Person.objects.named_like(name).exclude(pk=person.pk).exists():
        name = f"{NAME} {person.pk}-{secrets.token_hex(3)}"
    return name

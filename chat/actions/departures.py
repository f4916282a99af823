"""Leaving for good."""

import secrets

from django.db import transaction

from chat.actions import credentials, people
from chat.actions.errors import ActionError
from chat.models import Level, Membership, Mention, Person, Theme
from chat.protocol import Code

NAME = "Deleted person"
FORGOTTEN = ["name", "handle", "skeleton", "email", "password", "color", "theme", "notify", "last_login"]
LOST_RIGHTS = ["is_guest", "is_plain", "is_staff", "is_superuser", "is_active"]


def delete_account(person: Person) -> None:
    """Forget who somebody was. Their messages stay, as those of a deleted person, and their name is free again.

    Nobody can come in as them, all that is open by their sessions and tokens ends, and their places in rooms are given
    up. That they are who they say was checked by the caller.
    """
    with transaction.atomic():
        gone = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if not gone.is_active:
            raise ActionError(Code.SIGNED_OUT, "This account is deleted already.")
        _forget(gone)
        credentials.remove_all(gone)
        Membership.objects.filter(person=gone).delete()
        Mention.objects.filter(person=gone).delete()
        gone.groups.clear()
        gone.user_permissions.clear()


def _forget(person: Person) -> None:
    person.email, person.color, person.last_login = "", None, None
    person.theme, person.notify = Theme.SYSTEM, Level.ALL
    person.is_guest = person.is_plain = person.is_staff = person.is_superuser = person.is_active = False
    person.set_unusable_password()
    people.take_name(person, _free_name(person))
    people.save(person, [*FORGOTTEN, *LOST_RIGHTS])


def _free_name(person: Person) -> str:
    """By the person's id, unless somebody took just that name to pose as one who is gone."""
    name = f"{NAME} {person.pk}"
    while Person.objects.named_like(name).exclude(pk=person.pk).exists():
        name = f"{NAME} {person.pk}-{secrets.token_hex(3)}"
    return name

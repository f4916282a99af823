"""Changes that staff make in the admin: people, groups, memberships and tokens.

The caller has checked the permission of `by`. The audit log names `by`, or the site itself without one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone

from chat import broadcast
from chat.actions import accounts, audit, bots, credentials, joining, members, sanctions, sign_up, staff_accounts
from chat.actions.audit import Action
from chat.auth import permissions
from chat.auth.permissions import Actor, Rank, powers
from chat.errors import ActionError
from chat.models import Membership, Person, Room, Token
from chat.models.people import NAME_FIELDS
from chat.protocol import Code

PERSON_FIELDS = {"name", "email", "is_active", "is_staff", "is_superuser", "groups"}


def add_person(person: Person, *, by: Person | None = None) -> None:
    """Save a new person whose name and password are set. Refuse a name that is taken, or that looks like another's."""
    with transaction.atomic():
        accounts.take_name(person, person.name)
        accounts.save(person)
        audit.record(by, Action.ADD_PERSON, person=person)


def record_superusers(people: Iterable[Person]) -> None:
    """Write audit entries for superusers that a command added."""
    for person in people:
        audit.record(None, Action.ADD_PERSON, person=person, detail="superuser")


def change_person(person: Person, changes: Mapping[str, Any], *, by: Person | None = None) -> None:
    """Set any of `PERSON_FIELDS`.

    Deactivating or activating someone removes all their sessions and tokens. Someone who gets more rights has to sign
    in again, so that a session stolen earlier does not get them.
    """
    _check_names(changes, PERSON_FIELDS)
    with transaction.atomic():
        before = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        powers_before = powers(before)
        fields = {name: value for name, value in changes.items() if name != "groups"}
        for name, value in fields.items():
            setattr(person, name, value)
        if fields.get("email", before.email) != before.email:
            fields["email_verified_at"] = person.email_verified_at = None
        if "name" in fields:
            accounts.take_name(person, person.name)
            fields |= {field: getattr(person, field) for field in NAME_FIELDS}
        if fields:
            accounts.save(person, update_fields=list(fields))
        if "groups" in changes:
            person.groups.set(changes["groups"])
        audit.record(by, Action.CHANGE_PERSON, person=person, detail=", ".join(sorted(changes)))
        if before.is_active != person.is_active:
            bots.end_access(person)
        if person.is_active and person.pending_since is not None and not person.is_guest:
            sign_up.open_account(person)
        _sign_out_if_more_powerful(before, powers_before)
        broadcast.publish(broadcast.access_moved())


def save_group(group: Group, permissions: Iterable[Permission], *, by: Person | None = None) -> None:
    """Create or change a group with these permissions. Its members who get more rights have to sign in again."""
    is_new = group.pk is None
    with transaction.atomic():
        group.save()
        powers_before = [(person, powers(person)) for person in Person.objects.filter(groups=group)]
        group.permissions.set(permissions)
        names = ", ".join(sorted(f"{it.content_type.app_label}.{it.codename}" for it in permissions))
        detail = f"{group.name}: {names or 'no permissions'}"
        audit.record(by, Action.ADD_GROUP if is_new else Action.CHANGE_GROUP, detail=detail)
        for person, before in powers_before:
            _sign_out_if_more_powerful(person, before)
        broadcast.publish(broadcast.access_moved())


def delete_group(group: Group, *, by: Person | None = None) -> None:
    """Delete a group. Its members lose the rights it gave them and stay signed in."""
    with transaction.atomic():
        audit.record(by, Action.DELETE_GROUP, detail=group.name)
        group.delete()
        broadcast.publish(broadcast.access_moved())


def _sign_out_if_more_powerful(before: Person, powers_before: set[str | int]) -> None:
    """End the sessions and tokens of someone who now has more rights than `powers_before`. A superuser had all."""
    if not before.is_superuser and powers(Person.objects.get(pk=before.pk)) - powers_before:
        credentials.end_all(before)


def set_password(person: Person, password: str | None, *, by: Person | None = None) -> None:
    """Set a person's password, which makes a guest a member, or remove it. Their sessions and tokens end."""
    if person.is_bot:
        raise ActionError(Code.FORBIDDEN, f"{person.name} is a bot, and has no password.")
    person.set_password(password)
    if person.is_guest and password is not None:
        person.is_guest, person.is_plain, person.pending_since = False, False, None
    with transaction.atomic():
        person.save(update_fields=["password", "is_guest", "is_plain", "pending_since"])
        audit.record(by, Action.PASSWORD, person=person, detail="set" if password else "removed")
        credentials.end_all(person)


def add_member(
    person: Person, room: Room, role: str = Membership.Role.MEMBER, *, by: Person | None = None
) -> Membership:
    """Add someone to a room. Earlier messages do not count as unread. A mute from an earlier membership stays.

    Refuse a role that `by` may not give. Adding oneself needs a rank above the owners'.
    """
    with transaction.atomic():
        room = joining.locked_room(room)
        if by is not None:
            _check_membership(by, person, room, role)
        membership, is_member = members.locked(person, room)
        if is_member or members.is_banned(membership):
            raise ActionError(Code.CONFLICT, "This person is already a member of the room, or is banned from it.")
        members.enter(membership, role=role, by=by)
    return membership


def change_role(membership: Membership, role: str, *, by: Person | None = None) -> None:
    """Give someone another role in a room. Refuse a role that `by` may not give, and a banned person."""
    with transaction.atomic():
        locked = Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)
        if by is not None:
            _check_role(
                by, locked.room, role, Actor(locked.person, permissions.rank_in(locked.room, locked.person, locked))
            )
        sanctions.put_role(locked, role, by)
        membership.role = locked.role
        audit.record(by, Action.ROLE, person=locked.person, room=locked.room, detail=f"to {role}")
        broadcast.publish_moved(memberships=[(locked.person_id, locked.room_id)])
        broadcast.publish(broadcast.access_moved())


def _check_membership(by: Person, person: Person, room: Room, role: str) -> None:
    """Refuse a membership that `by` may not give."""
    moderator = permissions.actor_in(by, room)
    if role == Membership.Role.MEMBER and moderator.rank >= (Rank.STAFF if by.pk == person.pk else Rank.MODERATOR):
        return
    _check_role(by, room, role, permissions.actor_in(person, room))


def _check_role(by: Person, room: Room, role: str, target: Actor) -> None:
    moderator = permissions.actor_in(by, room)
    if moderator.rank < Rank.SUPERUSER and not moderator.may_change_role(target):
        label = Membership.Role(role).label
        detail = f"You can’t give {target.person.name} the role {label}. Your own role isn’t high enough."
        raise ActionError(Code.FORBIDDEN, detail)


def revoke_tokens(ids: Iterable[int], *, by: Person | None = None) -> int:
    """Revoke the tokens and close their connections. Return how many were still valid.

    Refuse tokens of staff, unless `by` is a superuser or the tokens are their own.
    """
    ids = list(ids)
    with transaction.atomic():
        if by is not None:
            for person in Person.objects.filter(tokens__in=ids).exclude(pk=by.pk).distinct():
                staff_accounts.check_above(by, person)
        revoked = Token.objects.filter(pk__in=ids, revoked_at=None).update(revoked_at=timezone.now())
        audit.record(by, Action.REVOKE, count=revoked)
        broadcast.publish(broadcast.access_moved())
    return revoked


def _check_names(changes: Mapping[str, Any], allowed: set[str]) -> None:
    if unknown := set(changes) - allowed:
        raise ValueError(f"Fields that cannot be changed here: {', '.join(sorted(unknown))}.")

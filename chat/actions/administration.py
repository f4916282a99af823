"""What the site's staff change: people, rooms, roles and tokens.

Who may do so was checked by the caller; `by` is written down as who did.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from chat import broadcast, text
from chat.actions import audit, credentials, people
from chat.actions.audit import Action
from chat.actions.errors import ActionError
from chat.models import Membership, Person, Room, Token
from chat.models.people import NAME_FIELDS
from chat.models.rooms import TOPIC_MAX_LENGTH
from chat.protocol import Code

PERSON_FIELDS = {"name", "email", "is_active", "is_staff", "is_superuser", "groups"}
RIGHTS = ("is_staff", "is_superuser")
ROOM_FIELDS = {"name", "topic", "visibility"}


def add_person(person: Person, *, by: Person | None = None) -> None:
    """Save a new person whose name and password are set. Refuses a name like one there is."""
    with transaction.atomic():
        people.take_name(person, person.name)
        people.save(person)
        audit.record(by, Action.ADD_PERSON, person=person)


def change_person(person: Person, changes: Mapping[str, Any], *, by: Person | None = None) -> None:
    """Set any of `PERSON_FIELDS`. Somebody who is active no more is shown out of every open page; who may do more than
    before signs in anew, so that nothing stolen earlier is worth more than it was."""
    _check_names(changes, PERSON_FIELDS)
    with transaction.atomic():
        fields = {name: value for name, value in changes.items() if name != "groups"}
        for name, value in fields.items():
            setattr(person, name, value)
        if "name" in fields:
            people.take_name(person, person.name)
            fields |= {field: getattr(person, field) for field in NAME_FIELDS}
        if fields:
            people.save(person, update_fields=list(fields))
        if "groups" in changes:
            person.groups.set(changes["groups"])
        audit.record(by, Action.CHANGE_PERSON, person=person, detail=", ".join(sorted(changes)))
        if any(changes.get(right) for right in RIGHTS):
            credentials.end_all(person)
        _tell_of_access()


def set_password(person: Person, password: str | None, *, by: Person | None = None) -> None:
    """Give a person a password, which makes a guest a member, or none. Their sessions and tokens end."""
    person.set_password(password)
    person.is_guest = person.is_guest and password is None
    person.is_plain = person.is_plain and password is None
    with transaction.atomic():
        person.save(update_fields=["password", "is_guest", "is_plain"])
        audit.record(by, Action.PASSWORD, person=person, detail="set" if password else "taken away")
        credentials.end_all(person)


def change_room(room: Room, changes: Mapping[str, Any], *, by: Person | None = None) -> None:
    """Set any of `ROOM_FIELDS`; the address stays. A direct conversation remains one, and no room becomes one."""
    _check_names(changes, ROOM_FIELDS)
    rules: dict[str, Callable[[Any], Any]] = {"name": _room_name, "topic": _topic}
    with transaction.atomic():
        before = Room.objects.select_for_update(no_key=True).get(pk=room.pk)
        direct = {visibility == Room.Visibility.DIRECT for visibility in (before.visibility, changes.get("visibility"))}
        if "visibility" in changes and direct == {True, False}:
            raise ActionError(Code.CONFLICT, "A direct conversation stays one, and no other room becomes one.")
        for name, value in changes.items():
            setattr(room, name, rules[name](value) if name in rules else value)
        if changes:
            room.save(update_fields=list(changes))
        audit.record(by, Action.CHANGE_ROOM, room=room, detail=", ".join(sorted(changes)))
        _tell_of_access()


def add_member(
    person: Person, room: Room, role: str = Membership.Role.MEMBER, *, by: Person | None = None
) -> Membership:
    """Give somebody a place in a room; what was said before they came does not count as unread."""
    try:
        with transaction.atomic():
            seat = Membership(person=person, room=room, role=Membership.Role(role), read_seq=room.head.seq)
            seat.save()
            audit.record(by, Action.ADD_MEMBER, person=person, room=room, detail=str(seat.role))
            broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.read_moved([(person.pk, room.pk)]))
    except IntegrityError as error:
        raise ActionError(Code.CONFLICT, "This person belongs to the room already.") from error
    return seat


def change_role(membership: Membership, role: str, *, by: Person | None = None) -> None:
    """What somebody may do in a room."""
    membership.role = Membership.Role(role)
    with transaction.atomic():
        membership.save(update_fields=["role"])
        audit.record(by, Action.ROLE, person=membership.person, room=membership.room, detail=f"to {role}")
        _tell_of_access()


def revoke_tokens(ids: Iterable[int], *, by: Person | None = None) -> int:
    """End the tokens for good, and what is connected by them; the number that was still good."""
    with transaction.atomic():
        revoked = Token.objects.filter(pk__in=list(ids), revoked_at=None).update(revoked_at=timezone.now())
        audit.record(by, Action.REVOKE, count=revoked)
        _tell_of_access()
    return revoked


def _room_name(value: str) -> str:
    try:
        return text.clean_name(value)
    except ValueError as error:
        raise ActionError(Code.BAD_FRAME, str(error)) from error


def _topic(value: str) -> str:
    return text.clean_line(value, TOPIC_MAX_LENGTH)


def _check_names(changes: Mapping[str, Any], allowed: set[str]) -> None:
    if unknown := set(changes) - allowed:
        raise ValueError(f"This is not changed here: {', '.join(sorted(unknown))}.")


def _tell_of_access() -> None:
    """Have every process look again at who may be where."""
    broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.access_moved())

"""Adding people to a room: by name, by an invitation, or by a moderator who accepts their request."""

from django.db import transaction
from django.utils import timezone

from chat import broadcast
from chat.actions import audit, joining
from chat.actions.audit import Action
from chat.auth import permissions
from chat.errors import ActionError
from chat.models import Block, Invitation, JoinRequest, Membership, Person, Room
from chat.models.people import meant_by
from chat.protocol import Code
from chat.text import cleaning

MAY_NOT_INVITE = "You can’t invite people to this room. Ask one of its owners or moderators."
GUESTS_MAY_NOT_INVITE = "Guests can’t invite people. Set a password to invite someone."
ARCHIVED = "This room is archived, so no one can join it."
GUEST = "Guests can’t enter private rooms here. Set a password first."
GUEST_OF = "{} is a guest. Guests can’t enter private rooms here."
BANNED = "{} is banned. Unban them first."


def add(actor: Person, room: Room, *, person_id: int | None = None, name: str = "") -> Membership:
    """Add someone, given by id or name, to a room that `actor` can see. Refuse if they are in it or can't be.

    Only moderators learn of a ban. No one learns of a block.
    """
    with transaction.atomic():
        room = joining.locked_room(room)
        check_may_invite(actor, room)
        person = _named(name) if person_id is None else _with_id(person_id)
        if not permissions.may_enter(room, person):
            raise ActionError(Code.FORBIDDEN, GUEST_OF.format(person.name))
        membership, is_member = locked(person, room)
        if is_member:
            raise ActionError(Code.CONFLICT, f"{person.name} is already in this room.")
        if is_banned(membership) and permissions.actor_in(actor, room).moderates:
            raise ActionError(Code.CONFLICT, BANNED.format(person.name))
        if is_banned(membership) or Block.objects.between(actor.pk, person.pk).exists():
            raise ActionError(Code.FORBIDDEN, f"You can’t add {person.name} to this room.")
        enter(membership, by=actor)
    return membership


def _named(name: str) -> Person:
    """Return the active person whom a name means, as in a mention. Refuse a name that means no one, or several."""
    handle = cleaning.fold(name.strip())
    found = meant_by([handle]).get(handle, [])
    if len(found) != 1:
        raise ActionError(
            Code.NOT_FOUND, f"There is no one called {cleaning.clean_line(name, 40) or 'that'}.", field="name"
        )
    return Person.objects.get(pk=found[0])


def _with_id(person_id: int) -> Person:
    """Return an active person. Refuse an id that belongs to no one."""
    found = Person.objects.active().filter(pk=person_id).first()
    if found is None:
        raise ActionError(Code.NOT_FOUND, "There is no such person.", field="person")
    return found


def check_may_invite(actor: Person, room: Room) -> Membership | None:
    """Refuse an actor who may not invite people to the room, and an archived room. Return their membership."""
    own = Membership.objects.filter(person=actor, room=room).first()
    if not permissions.may_invite(room, actor, own):
        raise ActionError(Code.FORBIDDEN, GUESTS_MAY_NOT_INVITE if actor.is_guest else MAY_NOT_INVITE)
    if room.is_archived:
        raise ActionError(Code.ARCHIVED, ARCHIVED)
    return own


def locked(person: Person, room: Room) -> tuple[Membership, bool]:
    """Lock the person's membership of a room that the caller has locked. A missing one is created.

    Return it, with the room as the caller has it, and whether the person belongs to the room. Refuse an account that
    was closed meanwhile.
    """
    if not Person.objects.active().select_for_update(no_key=True).filter(pk=person.pk).exists():
        raise ActionError(Code.NOT_FOUND, "There is no such person.")
    membership, is_new = Membership.objects.select_for_update(no_key=True).get_or_create(person=person, room=room)
    membership.room = room
    return membership, not is_new and belongs(membership)


def belongs(membership: Membership) -> bool:
    """Return whether someone is a member. A closed membership in a room made public admits them, but ends with that."""
    return membership.is_current and membership.closed_at is None


def is_banned(membership: Membership) -> bool:
    """Return whether someone is banned. A closed membership is of someone who was removed while they were muted."""
    return membership.banned_at is not None and membership.closed_at is None


def enter(
    membership: Membership,
    *,
    role: str = Membership.Role.MEMBER,
    by: Person | None,
    invitation: Invitation | None = None,
) -> None:
    """Begin the membership, which the caller has locked and allowed. Record and publish it.

    This accepts an open request of the person.
    """
    room, person = membership.room, membership.person
    joining.admit(membership, role=role, by=by, invitation=invitation)
    open_requests = JoinRequest.objects.filter(room=room, person=person, decided_at=None)
    accepted = JoinRequest.RequestOutcome.ACCEPTED
    open_requests.update(decided_at=timezone.now(), decided_by=by, outcome=accepted)
    detail = f"{membership.role} by invitation {invitation.pk}" if invitation else str(membership.role)
    audit.record(by, Action.ADD_MEMBER, person=person, room=room, detail=detail)
    broadcast.publish_moved(memberships=[(person.pk, room.pk)])
    broadcast.publish(broadcast.access_moved())

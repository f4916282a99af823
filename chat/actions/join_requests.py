"""Requests to join a private room: making, withdrawing and deciding them."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chat import broadcast
from chat.actions import joining, members
from chat.auth import permissions
from chat.auth.permissions import Rank
from chat.errors import NO_SUCH_ROOM, ActionError
from chat.models import JoinRequest, Membership, Person, Room
from chat.models.invitations import REQUEST_NOTE_MAX_LENGTH
from chat.models.rooms import RoomQuerySet
from chat.protocol import Code
from chat.text import cleaning

MAX_OPEN = 5
# After a request was declined, the person can ask again after this time.
PAUSE = timedelta(days=1)

TOO_MANY = f"You have {MAX_OPEN} open requests. Withdraw one, or wait for an answer."
DECLINED = "Your request was declined. You can ask again after a day."
NONE_SUCH = "There is no such open request."
ONLY_MODERATORS = "Only moderators of this room can do that."


def rooms_for(person: Person) -> RoomQuerySet:
    """Return the private rooms that the person may ask to join. Only their names are for the person to see.

    A banned person has none of these, nor has a guest who could not enter.
    """
    own = Membership.objects.filter(room=OuterRef("pk"), person=person)
    inside = own.filter(Q(left_at=None, banned_at=None) | Q(banned_at__isnull=False, closed_at=None))
    asking = Room.objects.filter(visibility=Room.Visibility.PRIVATE, joining=Room.Joining.ASK, archived_at=None)
    may_enter = person.is_active and permissions.may_enter(Room(visibility=Room.Visibility.PRIVATE), person)
    return asking.exclude(Exists(inside)) if may_enter else asking.none()


def room_for(person: Person, slug: str) -> Room | None:
    """Return the room at this address if the person may ask to join it."""
    return rooms_for(person).filter(slug=slug).first()


def ask(person: Person, slug: str, note: str = "") -> tuple[JoinRequest, bool]:
    """Ask to join the room at this address. Return the open request, and whether it is a new one.

    Refuse more than `MAX_OPEN` open requests, and a request soon after one that was declined.
    """
    with transaction.atomic():
        # One request of a person at a time, so that each counts the ones before it.
        Person.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
        room = room_for(person, slug)
        if room is None:
            raise _not_asked(person, slug)
        own = JoinRequest.objects.filter(person=person)
        if (found := own.filter(room=room, decided_at=None).first()) is not None:
            return found, False
        declined = own.filter(room=room, outcome=JoinRequest.RequestOutcome.DECLINED)
        if declined.filter(decided_at__gt=timezone.now() - PAUSE).exists():
            raise ActionError(Code.CONFLICT, DECLINED)
        if own.filter(decided_at=None).count() >= MAX_OPEN:
            raise ActionError(Code.CONFLICT, TOO_MANY)
        fields = {"note": cleaning.clean_line(note, REQUEST_NOTE_MAX_LENGTH)}
        _publish()
        return JoinRequest.objects.get_or_create(fields, room=room, person=person, decided_at=None)


def _publish() -> None:
    """Have the status of everyone who is connected read again. That of moderators has the number of open requests."""
    broadcast.publish(broadcast.access_moved())


def _not_asked(person: Person, slug: str) -> ActionError:
    """Return the refusal for a room that the person cannot ask to join."""
    if Room.objects.visible_to(person).filter(slug=slug).exists():
        return ActionError(Code.CONFLICT, "You don’t need to ask. This room is open to you.")
    return ActionError(Code.NOT_FOUND, NO_SUCH_ROOM)


def withdraw(person: Person, slug: str) -> None:
    """Delete the person's open request to join the room at this address. Refuse if there is none."""
    with transaction.atomic():
        deleted, _ = JoinRequest.objects.filter(person=person, room__slug=slug, decided_at=None).delete()
        if not deleted:
            raise ActionError(Code.NOT_FOUND, NONE_SUCH)
        _publish()


def asked_by(person: Person) -> set[int]:
    """Return the ids of the rooms that the person has an open request for."""
    return set(JoinRequest.objects.filter(person=person, decided_at=None).values_list("room_id", flat=True))


def open_in(room: Room) -> QuerySet[JoinRequest]:
    """Return the open requests to join a room, the oldest first."""
    return _open().filter(room=room)


def open_for(moderator: Person) -> QuerySet[JoinRequest]:
    """Return the open requests of all rooms in which the person moderates, the oldest first."""
    own = Membership.objects.current().filter(person=moderator)
    if permissions.site_rank_of(moderator) < Rank.STAFF:
        own = own.exclude(role=Membership.Role.MEMBER)
    return _open().filter(room__in=own.values("room"))


def _open() -> QuerySet[JoinRequest]:
    return JoinRequest.objects.open().select_related("person", "room").order_by("pk")


def decide(actor: Person, room: Room, request_id: int, outcome: str) -> None:
    """Accept or decline a request. Accepting makes the person a member."""
    with transaction.atomic():
        room = joining.locked_room(room)
        if not permissions.actor_in(actor, room).moderates:
            raise ActionError(Code.FORBIDDEN, ONLY_MODERATORS)
        request = open_in(room).filter(pk=request_id).first()
        if request is None:
            raise ActionError(Code.NOT_FOUND, NONE_SUCH)
        # The membership is locked before the request, as by every other way into the room.
        accepts = outcome == JoinRequest.RequestOutcome.ACCEPTED
        membership = _membership_to_begin(request.person, room) if accepts else None
        fields = {"decided_at": timezone.now(), "decided_by": actor, "outcome": JoinRequest.RequestOutcome(outcome)}
        if not JoinRequest.objects.filter(pk=request.pk, decided_at=None).update(**fields):
            raise ActionError(Code.NOT_FOUND, NONE_SUCH)  # it was withdrawn meanwhile
        if membership is not None:
            members.enter(membership, by=actor)
        _publish()


def _membership_to_begin(person: Person, room: Room) -> Membership | None:
    """Lock and return the membership with which the person enters. None for someone who is in the room already."""
    if not permissions.may_enter(room, person):
        raise ActionError(Code.FORBIDDEN, members.GUEST_OF.format(person.name))
    if room.is_archived:
        raise ActionError(Code.ARCHIVED, members.ARCHIVED)
    membership, is_member = members.locked(person, room)
    if members.is_banned(membership):
        raise ActionError(Code.CONFLICT, members.BANNED.format(person.name))
    return None if is_member else membership

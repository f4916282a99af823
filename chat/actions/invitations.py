"""Invitation links: creating, revoking and using them."""

from datetime import timedelta
from typing import NoReturn

from django.db import models, transaction
from django.utils import timezone

from chat.actions import audit, joining, members
from chat.actions.audit import Action
from chat.auth import permissions
from chat.auth.permissions import Rank
from chat.errors import ActionError
from chat.models import Invitation, Membership, Person, Room
from chat.models.invitations import NOTE_MAX_LENGTH, InvitationQuerySet
from chat.protocol import Code
from chat.text import cleaning

DEFAULT_DAYS, MAX_DAYS = 7, 90
DEFAULT_USES, MAX_USES = 25, 10_000

NOT_FOUND = "This invitation doesn’t exist. Check the link, or ask for a new one."
EXPIRED = "This invitation has expired or has been used up. Ask for a new one."
ONLY_OWNERS = "Only owners can invite moderators."
ONLY_STAFF = "Only the site’s staff can invite people to this site."
NONE_SUCH = "There is no such invitation."


def create(
    actor: Person,
    room: Room | None,
    *,
    role: str = Membership.Role.MEMBER,
    days: int = DEFAULT_DAYS,
    max_uses: int | None = DEFAULT_USES,
    note: str = "",
) -> Invitation:
    """Create an invitation to a room, or without one to the site. It is valid for `days`.

    Refuse someone who may not invite people there. Only owners invite moderators, and no one invites owners.
    """
    with transaction.atomic():
        _check_creator(actor, room, role)
        now = timezone.now()
        invitation = Invitation.objects.create(
            room=room,
            created_by=actor,
            created_at=now,
            expires_at=now + timedelta(days=days),
            max_uses=max_uses,
            role=Membership.Role(role),
            note=cleaning.clean_line(note, NOTE_MAX_LENGTH),
        )
        uses = "any number of uses" if max_uses is None else f"{max_uses} uses"
        detail = f"invitation {invitation.pk}: {role}, {days} days, {uses}"
        audit.record(actor, Action.INVITE, room=room, detail=detail)
    return invitation


def _check_creator(actor: Person, room: Room | None, role: str) -> None:
    if room is None:
        if not permissions.may_invite_to_site(actor):
            raise ActionError(Code.FORBIDDEN, members.GUESTS_MAY_NOT_INVITE if actor.is_guest else ONLY_STAFF)
        if role != Membership.Role.MEMBER:
            raise ActionError(Code.CONFLICT, "An invitation to the site has the role member.")
        return
    own = members.check_may_invite(actor, room)
    if role == Membership.Role.OWNER or not _may_give(role, permissions.rank_in(room, actor, own)):
        raise ActionError(Code.FORBIDDEN, ONLY_OWNERS)


def _may_give(role: str, rank: Rank) -> bool:
    return role == Membership.Role.MEMBER or rank >= Rank.OWNER


def revoke(actor: Person, invitation_id: int) -> None:
    """End an invitation. Revoking it again changes nothing. Refuse an invitation that `actor` may not see."""
    with transaction.atomic():
        invitation = listed_for(actor).filter(pk=invitation_id).first()
        if invitation is None:
            raise ActionError(Code.NOT_FOUND, NONE_SUCH)
        if Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=timezone.now()):
            audit.record(actor, Action.UNINVITE, room=invitation.room, detail=f"invitation {invitation.pk}")


def listed_for(person: Person, room: Room | None = None) -> InvitationQuerySet:
    """Return the invitations that someone may see and revoke: their own, and those of rooms that they moderate.

    Left out are those to rooms that the person can no longer see, which admit no one and would tell the room's name,
    and for moderators the links that make moderators, which only owners give. Staff see those to the site too. With
    `room`, return those to this room only, which the person can see.
    """
    moderated = Membership.objects.current().filter(person=person).exclude(role=Membership.Role.MEMBER)
    seen = models.Q(room=None) | models.Q(room__in=Room.objects.visible_to(person).values("pk"))
    allowed = models.Q(created_by=person) & seen
    allowed |= models.Q(room__in=moderated.values("room"), role=Membership.Role.MEMBER)
    allowed |= models.Q(room__in=moderated.filter(role=Membership.Role.OWNER).values("room"))
    if permissions.site_rank_of(person) >= Rank.STAFF:
        rooms = Room.objects.visible_to(person).exclude(visibility=Room.Visibility.DIRECT)
        allowed |= models.Q(room=None) | models.Q(room__in=rooms.values("pk"))
    found = Invitation.objects.filter(allowed).select_related("room", "created_by").order_by("-pk")
    return found.filter(room=room) if room is not None else found


def find(code: str) -> Invitation:
    """Return the invitation of a link. Refuse with `not_found` or `expired`.

    It works as long as the person who created it may invite people, and give the role that it has.
    """
    invitation = Invitation.objects.with_code(code).select_related("room", "created_by").first()
    if invitation is None:
        raise ActionError(Code.NOT_FOUND, NOT_FOUND)
    if not invitation.is_usable or not _is_backed(invitation):
        _refuse_expired()
    return invitation


def room_entered(code: str, person: Person) -> Room | None:
    """Return the room of a link for someone who belongs to it. The link may have ended."""
    found = Invitation.objects.with_code(code).select_related("room").first()
    room = found.room if found is not None else None
    own = Membership.objects.filter(person=person, room=room).first() if room is not None else None
    return room if own is not None and members.belongs(own) else None


def usable(code: str) -> Invitation | None:
    """Return the invitation of a link with `room` and `created_by`, or None if it admits no one."""
    try:
        return find(code)
    except ActionError:
        return None


def admits_newcomers(invitation: Invitation) -> bool:
    """Return whether someone without an account may create one with this invitation."""
    return invitation.created_by is not None and permissions.may_invite_to_site(invitation.created_by)


def use(invitation: Invitation, person: Person, *, is_newcomer: bool = False) -> Membership | None:
    """Make the person a member of the room and count the use. An invitation to the site is only counted.

    For someone who belongs to the room, nothing changes, but a newcomer to the site is counted. They may be in the room
    already, as a guest or because new accounts join it. Refuse with `expired` beyond the last use, also when several
    people use it at once. A banned person is refused as if the invitation did not exist.
    """
    with transaction.atomic():
        if invitation.room is None:
            _count(invitation)
            return None
        room = joining.locked_room(invitation.room)
        membership, is_member = members.locked(person, room)
        if is_member:
            if is_newcomer:
                _count(invitation)
            return membership
        if members.is_banned(membership):
            raise ActionError(Code.NOT_FOUND, NOT_FOUND)
        if not permissions.may_enter(room, person):
            raise ActionError(Code.FORBIDDEN, members.GUEST)
        if room.is_archived:
            raise ActionError(Code.ARCHIVED, members.ARCHIVED)
        _count(invitation)
        members.enter(membership, role=invitation.role, by=invitation.created_by, invitation=invitation)
    return membership


def _count(invitation: Invitation) -> None:
    """Take one use. The condition and the change are one statement, so uses beyond the last are refused.

    The creator is read again. They may have lost the room or their role since `find`.
    """
    taken = Invitation.objects.usable().filter(pk=invitation.pk).update(uses=models.F("uses") + 1)
    if not taken or not _is_backed(Invitation.objects.select_related("room", "created_by").get(pk=invitation.pk)):
        _refuse_expired()


def _is_backed(invitation: Invitation) -> bool:
    creator, room = invitation.created_by, invitation.room
    if creator is None or not creator.is_active:
        return False
    if room is None:
        return permissions.may_invite_to_site(creator)
    own = Membership.objects.filter(person=creator, room=room).first()
    rank = permissions.rank_in(room, creator, own)
    return permissions.may_invite(room, creator, own) and _may_give(invitation.role, rank)


def _refuse_expired() -> NoReturn:
    raise ActionError(Code.EXPIRED, EXPIRED)

"""Invitation links: creating, revoking and using them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from chat.models.memberships import MembershipQuerySet
from chat.protocol import Code
from chat.text import cleaning

DEFAULT_DAYS, MAX_DAYS = 7, 90
DEFAULT_USES, MAX_USES = 25, 10_000
# An invitation is removed this long after it has expired or was revoked. Rows of one transaction.
KEPT_DAYS = 30
BATCH = 1000

NOT_FOUND = "This invitation doesn’t exist. Check the link, or ask for a new one."
EXPIRED = "This invitation has expired or has been used up. Ask for a new one."
ONLY_OWNERS = "Only owners can invite moderators."
ONLY_STAFF = "Only the site’s staff can invite people to this site."
NONE_SUCH = "There is no such invitation."


@dataclass(frozen=True, slots=True)
class ListedInvitation:
    """A valid invitation as one person sees it in a list.

    `shows_link` is whether they may have the link. `is_backed` is false while the link admits no one, because its
    creator may not invite people there.
    """

    row: Invitation
    shows_link: bool
    is_backed: bool


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

    Refuse an actor who may not invite people there. Only owners invite moderators, and no one invites owners.
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
    """Return the invitations that a person may see and revoke: their own, and those of rooms that they moderate.

    Left out are invitations to rooms that the person can no longer see. They admit no one and would tell the room's
    name. Staff see those to the site too. With `room`, return those to this room only, which the person can see.
    """
    moderated = _moderated_by(person)
    found = Invitation.objects.filter(_with_link_for(person) | models.Q(room__in=moderated.values("room")))
    found = found.select_related("room", "created_by").order_by("-pk")
    return found.filter(room=room) if room is not None else found


def with_link_for(person: Person) -> InvitationQuerySet:
    """Return those of `listed_for` whose link the person may have.

    Only owners make moderators. So moderators see the links of others that do so, and can revoke them, but can neither
    copy nor use them.
    """
    return listed_for(person).filter(_with_link_for(person))


def page_for(person: Person, room: Room | None, *, limit: int, before: int | None = None) -> list[ListedInvitation]:
    """Return the newest `limit` valid invitations of `listed_for`, with an id below `before`."""
    rows = listed_for(person, room).usable()
    rows = rows if before is None else rows.filter(pk__lt=before)
    found = list(rows[:limit])
    with_link = set(with_link_for(person).filter(pk__in=[it.pk for it in found]).values_list("pk", flat=True))
    backed = _backed_among(found)
    return [ListedInvitation(it, it.pk in with_link, it.pk in backed) for it in found]


def _with_link_for(person: Person) -> models.Q:
    seen = models.Q(room=None) | models.Q(room__in=Room.objects.visible_to(person).values("pk"))
    moderated = _moderated_by(person)
    allowed = models.Q(created_by=person) & seen
    allowed |= models.Q(room__in=moderated.values("room"), role=Membership.Role.MEMBER)
    allowed |= models.Q(room__in=moderated.filter(role=Membership.Role.OWNER).values("room"))
    if permissions.site_rank_of(person) >= Rank.STAFF:
        rooms = Room.objects.visible_to(person).exclude(visibility=Room.Visibility.DIRECT)
        allowed |= models.Q(room=None) | models.Q(room__in=rooms.values("pk"))
    return allowed


def _moderated_by(person: Person) -> MembershipQuerySet:
    return Membership.objects.current().filter(person=person).exclude(role=Membership.Role.MEMBER)


def ended(now: datetime | None = None) -> InvitationQuerySet:
    """Return the invitations that expired or were revoked so long ago that they are removed."""
    limit = (now or timezone.now()) - timedelta(days=KEPT_DAYS)
    return Invitation.objects.filter(models.Q(expires_at__lt=limit) | models.Q(revoked_at__lt=limit))


def prune() -> int:
    """Remove the invitations that ended long ago. Return their number. People who used them stay members."""
    number = 0
    while ids := list(ended().values_list("pk", flat=True)[:BATCH]):
        Invitation.objects.filter(pk__in=ids).delete()
        number += len(ids)
    return number


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
    return bool(_backed_among([invitation]))


def _backed_among(rows: Iterable[Invitation]) -> set[int]:
    """Return the ids of those whose creator may still invite people there, and give the role. Takes one query.

    Staff take some more for their permissions, once for each creator.
    """
    rows = [it for it in rows if it.created_by is not None and it.created_by.is_active]
    creators = {it.created_by_id: it.created_by for it in rows}
    found = Membership.objects.filter(person__in=creators, room__in={it.room_id for it in rows if it.room_id})
    memberships = {(it.person_id, it.room_id): it for it in found} if creators else {}
    return {
        it.pk
        for it in rows
        if (creator := creators[it.created_by_id])
        and _may_admit(creator, it, memberships.get((creator.pk, it.room_id or 0)))
    }


def _may_admit(creator: Person, invitation: Invitation, own: Membership | None) -> bool:
    room = invitation.room
    if room is None:
        return permissions.may_invite_to_site(creator)
    rank = permissions.rank_in(room, creator, own)
    return permissions.may_invite(room, creator, own) and _may_give(invitation.role, rank)


def _refuse_expired() -> NoReturn:
    raise ActionError(Code.EXPIRED, EXPIRED)

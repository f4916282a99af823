"""Sanctions of moderators on one person in one room: mutes, bans, roles and removal, and their reversal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from chat import broadcast
from chat.actions import audit, joining, webhook_deliveries
from chat.actions.audit import Action, clean_reason
from chat.auth import permissions
from chat.auth.permissions import Actor
from chat.errors import ActionError
from chat.models import Membership, Person, Room
from chat.models.memberships import PERMANENT
from chat.models.rooms import RoomAccess, RoomHead
from chat.protocol import Code

MAX_MUTE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SanctionContext:
    """An actor, a target and their room. The target's membership is locked until the transaction ends."""

    actor: Actor
    room: Room
    target: Actor
    membership: Membership

    def record(self, action: Action, reason: str, detail: str = "") -> None:
        """Write an audit entry, and have every process check its connections' access again."""
        person = self.target.person
        audit.record(self.actor.person, action, person=person, room=self.room, reason=reason, detail=detail)
        pair = (person.pk, self.room.pk)
        broadcast.publish_moved(memberships=[pair])
        broadcast.publish(broadcast.access_moved(memberships=[pair]))


def mute(actor: Person, room: Room, person: Person, *, duration: timedelta | None, reason: str) -> None:
    """Let someone read but not post, for `duration`, or permanently without one. They see the reason."""
    if duration is not None and not timedelta(0) < duration <= MAX_MUTE:
        raise ActionError(Code.BAD_FRAME, f"You can mute someone for up to {MAX_MUTE.days} days, or permanently.")
    until = PERMANENT if duration is None else timezone.now() + duration
    with _sanction_context(actor, room, person, "mute") as context:
        context.membership.muted_until, context.membership.mute_reason = until, clean_reason(reason)
        context.membership.save(update_fields=["muted_until", "mute_reason"])
        context.record(Action.MUTE, reason, until_text(until))


def unmute(actor: Person, room: Room, person: Person, *, reason: str = "") -> None:
    """Let someone post again. Refuse if they are not muted."""
    with _sanction_context(actor, room, person, "unmute") as context:
        if not context.membership.is_muted:
            raise ActionError(Code.CONFLICT, f"{person.name} is not muted.")
        context.membership.muted_until, context.membership.mute_reason = None, ""
        context.membership.save(update_fields=["muted_until", "mute_reason"])
        context.record(Action.UNMUTE, reason)


def ban(actor: Person, room: Room, person: Person, *, reason: str) -> None:
    """Disconnect someone from the room and refuse them from now on. They lose their role.

    Banning someone again changes nothing.
    """
    with _sanction_context(actor, room, person, "ban") as context:
        if context.membership.banned_at is not None and context.membership.closed_at is None:
            return
        context.membership.banned_at, context.membership.ban_reason = timezone.now(), clean_reason(reason)
        context.membership.role, context.membership.closed_at = Membership.Role.MEMBER, None
        context.membership.save(update_fields=["banned_at", "ban_reason", "role", "closed_at"])
        webhook_deliveries.add_member(person, room, "banned")
        context.record(Action.BAN, reason)


def unban(actor: Person, room: Room, person: Person, *, reason: str = "") -> None:
    """Let someone join the room again. Refuse if they are not banned."""
    with _sanction_context(actor, room, person, "unban") as context:
        if context.membership.banned_at is None:
            raise ActionError(Code.CONFLICT, f"{person.name} is not banned.")
        if context.membership.closed_at is not None and context.membership.left_at is None:
            joining.admit(context.membership, by=actor)  # they were removed, so they have missed messages
        context.membership.banned_at, context.membership.ban_reason, context.membership.closed_at = None, "", None
        context.membership.save(update_fields=["banned_at", "ban_reason", "closed_at"])
        context.record(Action.UNBAN, reason)


def close_membership(actor: Person, room: Room, person: Person, *, reason: str = "") -> None:
    """Remove someone from a room, with their read position and their role. They may join a public room again.

    The row of a muted person stays and is closed, which excludes them as a ban does. So they are still muted when they
    are added again, or when the room becomes public. Refuse if they are banned, because deleting the row would end the
    ban.
    """
    with _sanction_context(actor, room, person, "remove", closing=True) as context:
        if context.membership.banned_at is not None:
            raise ActionError(Code.CONFLICT, f"{person.name} is banned. Unban them first.")
        if context.membership.is_muted and context.room.visibility == Room.Visibility.PUBLIC:
            detail = f"{person.name} is muted. Removing them from a public room would end the mute. Unmute or ban them."
            raise ActionError(Code.CONFLICT, detail)
        remove(context.membership, reason)
        webhook_deliveries.add_member(person, room, "removed")
        context.record(Action.REMOVE, reason)


def remove(membership: Membership, reason: str = "") -> None:
    """Delete a membership. That of a muted person is closed instead, so that the mute stays."""
    if not membership.is_muted:
        membership.delete()
        return
    membership.closed_at = membership.banned_at = timezone.now()
    membership.ban_reason, membership.role = clean_reason(reason), Membership.Role.MEMBER
    membership.save(update_fields=["closed_at", "banned_at", "ban_reason", "role"])


def give_role(actor: Person, room: Room, person: Person, role: str, *, reason: str = "") -> None:
    """Give someone of a lower rank any role. For owners and staff. Anyone may give themselves a lower role.

    Someone who is not in a public room becomes a member. The same role again changes nothing.
    """
    if actor.pk == person.pk:
        _step_down(person, room, role, reason)
        return
    with _sanction_context(actor, room, person, "change the role of") as context:
        if not context.actor.may_change_role(context.target):
            raise ActionError(Code.FORBIDDEN, "Only owners of this room can change roles.")
        before = context.membership.role
        if before != role or context.membership.banned_at is not None:
            put_role(context.membership, role, actor)
            context.record(Action.ROLE, reason, f"{before} to {role}")


def put_role(membership: Membership, role: str, by: Person | None) -> None:
    """Save the role of a membership that is locked. Someone who is not in a public room becomes a member of it."""
    person, room = membership.person, membership.room
    if membership.banned_at is not None:
        raise ActionError(Code.CONFLICT, f"{person.name} is banned. Unban them first.")
    if membership.left_at is not None and RoomAccess.of(room, membership) is None:
        raise ActionError(Code.NOT_FOUND, f"{person.name} isn’t a member of this room.")
    if membership.left_at is not None or membership.closed_at is not None:
        joining.admit(membership, role=role, by=by)
    else:
        membership.role = Membership.Role(role)
        membership.save(update_fields=["role"])


def _step_down(person: Person, room: Room, role: str, reason: str) -> None:
    """Give someone a lower role than they have, at their own wish. Refuse the only owner."""
    with transaction.atomic():
        joining.locked_room(room)
        own = Membership.objects.current().select_for_update(no_key=True).filter(person=person, room=room).first()
        before = own.role if own is not None else Membership.Role.MEMBER
        if before == role:
            return
        if own is None or permissions.BY_ROLE[Membership.Role(role)] > permissions.BY_ROLE[Membership.Role(before)]:
            raise ActionError(Code.FORBIDDEN, "You can’t give yourself a higher role.")
        joining.check_other_owner(own)
        own.role = Membership.Role(role)
        own.save(update_fields=["role"])
        actor = Actor(person, permissions.BY_ROLE[own.role])
        SanctionContext(actor, room, actor, own).record(Action.ROLE, reason, f"{before} to {role}")


def follow_visibility(room: Room) -> None:
    """Apply a change of visibility to memberships.

    A public room admits people whose membership was closed, and any other excludes them. Only a ban excludes someone
    from a public room. Their mutes stay. In a public room everyone sees all messages, so floors end.
    """
    rows = Membership.objects.filter(room=room)
    closed = rows.exclude(closed_at=None)
    people = list(rows.exclude(closed_at=None, floor_seq=None).values_list("person", flat=True))
    if room.visibility != Room.Visibility.PUBLIC:
        closed.update(banned_at=models.F("closed_at"))
    else:
        closed.update(banned_at=None, read_seq=RoomHead.objects.filter(room=room).values("seq"))
        rows.exclude(floor_seq=None).update(floor_seq=None)
    broadcast.publish_moved(memberships=[(person_id, room.pk) for person_id in people])


def until_text(until: datetime) -> str:
    """Return the end of a sentence that says how long a mute lasts, in UTC."""
    return "permanently" if until >= PERMANENT else f"until {until:%Y-%m-%d %H:%M} UTC"


@contextmanager
def _sanction_context(
    actor: Person, room: Room, person: Person, verb: str, *, closing: bool = False
) -> Iterator[SanctionContext]:
    """Check the actor's rank and lock the target's membership, in a transaction. Every sanction runs inside this.

    A target without a membership gets one that they have left, unless `closing`, because a sanction is stored in it.
    With `closing`, the room is locked as well, because its visibility decides whether the row is deleted.
    """
    with transaction.atomic():
        moderator = permissions.actor_in(actor, room)
        if not moderator.moderates:
            raise ActionError(Code.FORBIDDEN, "Only moderators of this room can do that.")
        if closing:
            room = Room.objects.select_for_update(no_key=True).filter(pk=room.pk).first() or room
        membership = Membership.objects.select_for_update(no_key=True).filter(person=person, room=room).first()
        target = Actor(person, permissions.rank_in(room, person, membership))
        if not moderator.can_sanction(target):
            detail = f"You can’t {verb} {person.name}: their role is the same as or higher than yours."
            raise ActionError(Code.FORBIDDEN, detail)
        if membership is None and closing:
            raise ActionError(Code.NOT_FOUND, f"{person.name} isn’t a member of this room.")
        yield SanctionContext(moderator, room, target, membership or _membership(person, room))


def _membership(person: Person, room: Room) -> Membership:
    """Return a new membership in a public room that the person has not joined, or joined meanwhile."""
    if RoomAccess.of(room, None) is None:
        raise ActionError(Code.NOT_FOUND, f"{person.name} isn’t a member of this room.")
    fields = {"read_seq": room.head.seq, "left_at": timezone.now()}
    return Membership.objects.get_or_create(fields, person=person, room=room)[0]

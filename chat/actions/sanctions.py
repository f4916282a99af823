"""What moderators impose on people in one room, and take back: muting, banning, roles, places."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from chat import broadcast
from chat.actions import audit
from chat.actions.audit import Action, clean_reason
from chat.auth import permissions
from chat.auth.permissions import Actor
from chat.errors import ActionError
from chat.models import Membership, Person, Room
from chat.models.rooms import FOR_GOOD, RoomHead
from chat.protocol import Code

MAX_MUTE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SanctionContext:
    """Somebody who imposes something on somebody, in one room; the latter's place in it is locked until it is done."""

    actor: Actor
    room: Room
    target: Actor
    seat: Membership

    def record(self, action: Action, reason: str, detail: str = "") -> None:
        """Write it down, and have every process look again at who may be where."""
        person = self.target.person
        audit.record(self.actor.person, action, person=person, room=self.room, reason=reason, detail=detail)
        broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.access_moved())


def mute(actor: Person, room: Room, person: Person, *, duration: timedelta | None, reason: str) -> None:
    """Let somebody read but not write: for a time, or with None for good. What they are told is the reason."""
    if duration is not None and not timedelta(0) < duration <= MAX_MUTE:
        raise ActionError(Code.BAD_FRAME, f"You can mute someone for up to {MAX_MUTE.days} days, or permanently.")
    until = FOR_GOOD if duration is None else timezone.now() + duration
    with _imposing(actor, room, person, "mute") as case:
        case.seat.muted_until, case.seat.mute_reason = until, clean_reason(reason)
        case.seat.save(update_fields=["muted_until", "mute_reason"])
        case.record(Action.MUTE, reason, until_text(until))


def unmute(actor: Person, room: Room, person: Person, *, reason: str = "") -> None:
    """Let somebody write again. Refuses who is not muted."""
    with _imposing(actor, room, person, "unmute") as case:
        if not case.seat.is_muted:
            raise ActionError(Code.CONFLICT, f"{person.name} is not muted.")
        case.seat.muted_until, case.seat.mute_reason = None, ""
        case.seat.save(update_fields=["muted_until", "mute_reason"])
        case.record(Action.UNMUTE, reason)


def ban(actor: Person, room: Room, person: Person, *, reason: str) -> None:
    """Show somebody out and let them in no more. They lose their role; to ban them again changes nothing."""
    with _imposing(actor, room, person, "ban") as case:
        if case.seat.banned_at is not None and case.seat.closed_at is None:
            return
        case.seat.banned_at, case.seat.ban_reason = timezone.now(), clean_reason(reason)
        case.seat.role, case.seat.closed_at = Membership.Role.MEMBER, None
        case.seat.save(update_fields=["banned_at", "ban_reason", "role", "closed_at"])
        case.record(Action.BAN, reason)


def unban(actor: Person, room: Room, person: Person, *, reason: str = "") -> None:
    """Let somebody in again. Refuses who is not banned."""
    with _imposing(actor, room, person, "unban") as case:
        if case.seat.banned_at is None:
            raise ActionError(Code.CONFLICT, f"{person.name} is not banned.")
        case.seat.banned_at, case.seat.ban_reason, case.seat.closed_at = None, "", None
        case.seat.save(update_fields=["banned_at", "ban_reason", "closed_at"])
        case.record(Action.UNBAN, reason)


def close_membership(actor: Person, room: Room, person: Person, *, reason: str = "") -> None:
    """Take somebody's place in a room, with their read position and their role. A public one they may enter anew.

    The row of somebody who is muted stays, shut like a ban: they are muted still when they are given a place again, or
    when the room is made public. Refuses for who is banned, since that would let them in.
    """
    with _imposing(actor, room, person, "remove", closing=True) as case:
        if case.seat.banned_at is not None:
            raise ActionError(Code.CONFLICT, f"{person.name} is banned. Unban them first.")
        if case.seat.is_muted and case.room.visibility == Room.Visibility.PUBLIC:
            detail = f"{person.name} is muted. Removing them from a public room would end the mute. Unmute or ban them."
            raise ActionError(Code.CONFLICT, detail)
        if case.seat.is_muted:
            _shut(case.seat, reason)
        else:
            case.seat.delete()
        case.record(Action.REMOVE, reason)


def give_role(actor: Person, room: Room, person: Person, role: str, *, reason: str = "") -> None:
    """Make somebody a moderator of a room, or an ordinary member again; whoever stands above owners, an owner, too."""
    with _imposing(actor, room, person, "change the role of") as case:
        if not case.actor.may_give(role, case.target):
            raise ActionError(Code.FORBIDDEN, "Only owners can add moderators, and only staff can add owners.")
        if case.seat.banned_at is not None:
            raise ActionError(Code.CONFLICT, f"{person.name} is banned. Unban them first.")
        if case.seat.role == role:
            return
        before, case.seat.role, case.seat.closed_at = case.seat.role, Membership.Role(role), None
        case.seat.save(update_fields=["role", "closed_at"])
        case.record(Action.ROLE, reason, f"{before} to {role}")


def follow_visibility(room: Room) -> None:
    """Let in the people whose membership was closed if the room is public now. If it is not, shut them out again.

    Only a ban keeps somebody out of a public room. They are muted as before.
    """
    closed = Membership.objects.filter(room=room).exclude(closed_at=None)
    if room.visibility != Room.Visibility.PUBLIC:
        closed.update(banned_at=models.F("closed_at"))
    elif closed.update(banned_at=None, read_seq=RoomHead.objects.filter(room=room).values("seq")):
        places = [(person_id, room.pk) for person_id in closed.values_list("person", flat=True)]
        broadcast.publish_on_commit(broadcast.WORKERS_GROUP, broadcast.read_moved(places))


def until_text(until: datetime) -> str:
    """A sentence's end, in UTC."""
    return "permanently" if until >= FOR_GOOD else f"until {until:%Y-%m-%d %H:%M} UTC"


def _shut(seat: Membership, reason: str) -> None:
    seat.closed_at = seat.banned_at = timezone.now()
    seat.ban_reason, seat.role = clean_reason(reason), Membership.Role.MEMBER
    seat.save(update_fields=["closed_at", "banned_at", "ban_reason", "role"])


@contextmanager
def _imposing(
    actor: Person, room: Room, person: Person, verb: str, *, closing: bool = False
) -> Iterator[SanctionContext]:
    """The one door for all of these: in a transaction, with the place of whom it is about locked. Who has none is
    given one, if there is something to hold against them.

    `closing`: lock the room as well, because its visibility decides what is left of the place.
    """
    with transaction.atomic():
        standing = permissions.actor_in(actor, room)
        if not standing.moderates:
            raise ActionError(Code.FORBIDDEN, "Only moderators of this room can do that.")
        if closing:
            room = Room.objects.select_for_update(no_key=True).filter(pk=room.pk).first() or room
        seat = Membership.objects.select_for_update(no_key=True).filter(person=person, room=room).first()
        target = Actor(person, permissions.rank_of(person, seat))
        if not standing.can_sanction(target):
            detail = f"You can’t {verb} {person.name}: their role is the same as or higher than yours."
            raise ActionError(Code.FORBIDDEN, detail)
        if seat is None and closing:
            raise ActionError(Code.NOT_FOUND, f"{person.name} isn’t a member of this room.")
        yield SanctionContext(standing, room, target, seat or _membership(person, room))


def _membership(person: Person, room: Room) -> Membership:
    """A place for who has none. What was said before does not count as unread."""
    if room.visibility != Room.Visibility.PUBLIC:
        raise ActionError(Code.NOT_FOUND, f"{person.name} isn’t a member of this room.")
    return Membership.objects.get_or_create({"read_seq": room.head.seq}, person=person, room=room)[0]

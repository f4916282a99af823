"""The moderation API of a room: its members, their roles and sanctions, and their messages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import protocol, serializers
from chat.actions import removal, retention, rooms, sanctions
from chat.actions.removal import DELETE, RESTORE, BulkOperation, BulkRequest
from chat.actions.retention import MAX_KEEP_DAYS
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.api.paging import AfterId, page
from chat.auth import permissions
from chat.errors import ActionError
from chat.models import Membership, Message, Person, Room
from chat.protocol import MAX_REASON_LENGTH, Code

MAX_CLEANED = 1000

Reason = Annotated[str, msgspec.Meta(max_length=MAX_REASON_LENGTH)]
Seconds = Annotated[int, msgspec.Meta(ge=60, le=int(sanctions.MAX_MUTE.total_seconds()))]
RoleName = Literal["member", "moderator", "owner"]
REFUSALS = (Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT)


class ReasonBody(msgspec.Struct, frozen=True):
    reason: Reason = ""


class Mute(msgspec.Struct, frozen=True):
    """`seconds` null mutes permanently."""

    seconds: Seconds | None
    reason: Reason = ""


class RoleGiven(msgspec.Struct, frozen=True):
    role: RoleName
    reason: Reason = ""


class CleanUp(msgspec.Struct, frozen=True):
    """`newest` is how many of the person's newest messages to delete."""

    newest: Annotated[int, msgspec.Meta(ge=1, le=MAX_CLEANED)]
    reason: Reason = ""


class Archived(msgspec.Struct, frozen=True):
    archived: bool
    reason: Reason = ""


class Retention(msgspec.Struct, frozen=True):
    """`days` is how long messages are kept. 0 keeps them forever, null uses the site default."""

    days: Annotated[int, msgspec.Meta(ge=0, le=MAX_KEEP_DAYS)] | None
    reason: Reason = ""


class RetentionState(msgspec.Struct, frozen=True):
    """`days` is how long messages are kept now, by the room or the site. Null means forever."""

    days: int | None


class MemberFilter(AfterId, frozen=True, kw_only=True):
    """A filter of the room's members, and the id of the person after whom the page starts.

    `above` selects the people you have no authority over, yourself included. You cannot moderate them or their
    messages.
    """

    only: Literal["all", "banned", "muted", "moderators", "above"] = "all"


class Member(msgspec.Struct, frozen=True):
    """A membership of the room. `ban_reason` and `mute_reason` are empty without a ban or mute."""

    person: protocol.PersonData
    role: RoleName
    banned: bool
    ban_reason: str
    muted_until: str | None
    mute_reason: str


class Members(msgspec.Struct, frozen=True):
    people: list[Member]
    more: bool


class Changed(msgspec.Struct, frozen=True):
    """`messages` is the number of messages that were changed."""

    messages: int


@signed_in
@operation(query=MemberFilter, answers={200: Members}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN))
def people(request: HttpRequest, person: Person, asked: MemberFilter, slug: str) -> HttpResponse:
    """Return members of the room by id, with their roles, mutes and bans. For moderators."""
    room = moderated(person, slug)
    rows = (
        Membership.objects.filter(room=room, person__gt=asked.after).with_sanction(asked.only).select_related("person")
    )
    if asked.only == "all":
        rows = rows.current_or_sanctioned()
    if asked.only == "above":
        rows = rows.filter(person__in=permissions.not_below_in(permissions.actor_in(person, room), room))
    found = list(rows.order_by("person")[: asked.limit + 1])
    members, more = [_member(room, it) for it in found[: asked.limit]], len(found) > asked.limit
    return page(request, Members(members, more), more, after=members[-1].person.id if members else 0)


@signed_in
@operation(body=Mute, answers={200: Member}, refusals=REFUSALS)
def mute(request: HttpRequest, person: Person, asked: Mute, slug: str, person_id: int) -> HttpResponse:
    """Mute someone for a time or permanently. They can read but not post. For moderators."""
    room, target = _sanction_context(person, slug, person_id)
    duration = None if asked.seconds is None else timedelta(seconds=asked.seconds)
    sanctions.mute(person, room, target, duration=duration, reason=asked.reason)
    return _member_response(room, target)


@signed_in
@operation(body=RoleGiven, answers={200: Member}, refusals=REFUSALS)
def role(request: HttpRequest, person: Person, asked: RoleGiven, slug: str, person_id: int) -> HttpResponse:
    """Change someone's role in the room. Owners add moderators, and staff add owners."""
    room, target = _sanction_context(person, slug, person_id)
    sanctions.give_role(person, room, target, asked.role, reason=asked.reason)
    return _member_response(room, target)


def _sanction(name: str, about: str, impose: Callable[..., None]) -> Callable[..., HttpResponse]:
    """Return a handler for a sanction that needs only a reason."""

    def handler(request: HttpRequest, person: Person, why: ReasonBody, slug: str, person_id: int) -> HttpResponse:
        room, target = _sanction_context(person, slug, person_id)
        impose(person, room, target, reason=why.reason)
        return _member_response(room, target)

    handler.__name__, handler.__doc__ = name, about
    return signed_in(operation(body=ReasonBody, answers={200: Member}, refusals=REFUSALS)(handler))


unmute = _sanction("unmute", "Unmute someone. For moderators.", sanctions.unmute)
ban = _sanction("ban", "Ban someone. Their connections close with 4403. For moderators.", sanctions.ban)
unban = _sanction("unban", "Unban someone. For moderators.", sanctions.unban)


@signed_in
@operation(body=ReasonBody, answers={200: Changed}, refusals=REFUSALS)
def remove(request: HttpRequest, person: Person, why: ReasonBody, slug: str, person_id: int) -> HttpResponse:
    """Remove someone from the room, with their role. Their messages stay. For moderators."""
    room, target = _sanction_context(person, slug, person_id)
    sanctions.close_membership(person, room, target, reason=why.reason)
    return answers.success(Changed(0))


@signed_in
@operation(body=CleanUp, answers={200: Changed}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN))
def clean_up(request: HttpRequest, person: Person, asked: CleanUp, slug: str, person_id: int) -> HttpResponse:
    """Delete someone's newest messages in this room. For moderators."""
    room, target = _sanction_context(person, slug, person_id)
    return answers.success(Changed(removal.clean_up(person, room, target, newest=asked.newest, reason=asked.reason)))


@signed_in
@operation(body=Archived, answers={200: protocol.RoomData}, refusals=REFUSALS)
def archived(request: HttpRequest, person: Person, asked: Archived, slug: str) -> HttpResponse:
    """Archive or unarchive the room. An archived room can be read, but no one can post. For owners."""
    room = Room.seen_by(person, slug)
    change = rooms.archive if asked.archived else rooms.unarchive
    change(person, room, reason=asked.reason)
    return answers.success(serializers.room(room))


@signed_in
@operation(body=Retention, answers={200: RetentionState}, refusals=REFUSALS)
def retained(request: HttpRequest, person: Person, asked: Retention, slug: str) -> HttpResponse:
    """Set how long the room keeps its messages. For owners."""
    room = Room.seen_by(person, slug)
    retention.set_keep_days(person, room, asked.days, reason=asked.reason)
    return answers.success(RetentionState(retention.keep_days(room)))


def _message_operation(name: str, about: str, kind: BulkOperation) -> Callable[..., HttpResponse]:
    def handler(request: HttpRequest, person: Person, why: ReasonBody, slug: str, seq: int) -> HttpResponse:
        room = moderated(person, slug)
        ids = list(Message.objects.readable_by(person.pk).filter(room=room, seq=seq).values_list("pk", flat=True))
        if not ids:
            raise ActionError(Code.NOT_FOUND, "There is no such message.")
        return answers.success(Changed(removal.execute(kind, BulkRequest(person, why.reason, room), ids)))

    handler.__name__, handler.__doc__ = name, about
    return signed_in(
        operation(body=ReasonBody, answers={200: Changed}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN))(handler)
    )


delete = _message_operation("delete", "Delete a message. Deleting it again changes nothing. For moderators.", DELETE)
restore = _message_operation("restore", "Restore a deleted message, unless it was erased. For moderators.", RESTORE)


def moderated(person: Person, slug: str) -> Room:
    """Return a room that the person can see and moderates. Raises ActionError otherwise."""
    room = Room.seen_by(person, slug)
    if not permissions.actor_in(person, room).moderates:
        raise ActionError(Code.FORBIDDEN, "Only moderators of this room can do that.")
    return room


def _sanction_context(person: Person, slug: str, person_id: int) -> tuple[Room, Person]:
    """Return the room and the target person, who must be a member, be present, or have posted in the room."""
    room = moderated(person, slug)
    target = permissions.people_known_in(room).filter(pk=person_id).first()
    if target is None:
        raise ActionError(Code.NOT_FOUND, "There is no such person in this room.")
    return room, target


def _member_response(room: Room, person: Person) -> HttpResponse:
    membership = Membership.objects.select_related("person").get(room=room, person=person)
    return answers.success(_member(room, membership))


def _member(room: Room, membership: Membership) -> Member:
    until = serializers.time(membership.muted_until) if membership.is_muted and membership.muted_until else None
    banned = membership.banned_at is not None
    why_muted = membership.mute_reason if until else ""
    given = msgspec.convert(membership.role, RoleName)
    return Member(
        serializers.person(membership.person), given, banned, membership.ban_reason if banned else "", until, why_muted
    )

"""One's own membership of a room: joining, leaving and starring."""

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import serializers
from chat.actions import direct, joining, profiles
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.notifications import LevelName
from chat.api.operation import operation
from chat.auth import login_throttle
from chat.models import Membership, Person, Room
from chat.protocol import Code, Scope
from chat.rate_limits import limits


class MembershipChange(msgspec.Struct, frozen=True):
    """Changes of a membership; fields that are left out stay. `level` null means the level for all rooms.

    `closed` takes a direct conversation out of your list until its next message, or lists it again.
    """

    starred: bool | msgspec.UnsetType = msgspec.UNSET
    level: LevelName | msgspec.UnsetType | None = msgspec.UNSET
    closed: bool | msgspec.UnsetType = msgspec.UNSET


class MembershipData(msgspec.Struct, frozen=True):
    """`read` is the person's read position. Messages with a seq up to `floor` do not exist for them."""

    room: str
    role: str
    joined_at: str
    starred: bool
    level: LevelName | None
    read: int
    floor: int
    closed: bool


class OwnMembership(msgspec.Struct, frozen=True):
    membership: MembershipData


@signed_in
@operation(
    scope=Scope.ROOMS,
    body=MembershipChange,
    answers={200: OwnMembership},
    refusals=(Code.NOT_FOUND, Code.ARCHIVED, Code.CONFLICT, Code.RATE_LIMITED),
)
def change(request: HttpRequest, person: Person, asked: MembershipChange, slug: str) -> HttpResponse:
    """Join the room, and star it, set its notification level or close it. A repeat changes nothing."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    room = Room.seen_by(person, slug)
    if asked.closed is not msgspec.UNSET:
        direct.set_closed(person, room, asked.closed)
    membership = joining.join(person, room)
    if asked.starred is not msgspec.UNSET:
        membership = joining.star(person, room, asked.starred)
    if asked.level is not msgspec.UNSET:
        profiles.set_notifications(person, room, asked.level)
        membership.notify = asked.level
    return answers.success(OwnMembership(_membership(room, membership)))


@signed_in
@operation(scope=Scope.ROOMS, answers={204: None}, refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.RATE_LIMITED))
def delete(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Leave the room. Leaving again changes nothing."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    joining.leave(person, Room.seen_by(person, slug))
    return answers.done()


def _membership(room: Room, row: Membership) -> MembershipData:
    level = msgspec.convert(row.notify, LevelName | None)
    joined_at = serializers.time(row.joined_at)
    starred = row.starred_at is not None
    closed = row.closed_seq is not None and row.closed_seq >= room.head.seq
    return MembershipData(room.slug, row.role, joined_at, starred, level, row.read_seq, row.floor_seq or 0, closed)

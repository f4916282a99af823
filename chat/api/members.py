"""The members of a room, and the card of a person."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import member_list, protocol, serializers
from chat.actions import members
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.moderation import RoleName
from chat.api.operation import operation
from chat.api.paging import AfterId, Id, Limit, page
from chat.api.search import RoomRef
from chat.errors import ActionError
from chat.member_list import MAX_QUERY_CHARACTERS
from chat.models import Membership, Person, Room
from chat.protocol import Code, FrameError, Scope
from chat.rate_limits import limits
from chat.text import cleaning


class MemberQuery(AfterId, frozen=True, kw_only=True):
    """`after` is the id of the last person of the page before. `q` is a part of the people's names."""

    q: Annotated[str, msgspec.Meta(max_length=MAX_QUERY_CHARACTERS)] = ""
    limit: Limit = 50


class AddedPerson(msgspec.Struct, frozen=True):
    """The id of a `person`, or else a `name`."""

    person: Id | None = None
    name: Annotated[str, msgspec.Meta(max_length=cleaning.TYPED_NAME_MAX_LENGTH)] = ""


class RoomMember(msgspec.Struct, frozen=True):
    person: protocol.PersonData
    role: RoleName


class RoomMembers(msgspec.Struct, frozen=True):
    """`count` is the number of all members of the room."""

    members: list[RoomMember]
    more: bool
    count: int


class PeopleFound(msgspec.Struct, frozen=True):
    people: list[protocol.PersonData]
    more: bool


class PersonCard(msgspec.Struct, frozen=True):
    """`since` is when the person joined the site. `rooms` are those to which you both belong, the first 50 by name."""

    person: protocol.PersonData
    since: str
    rooms: list[RoomRef]
    more: bool


@signed_in
@operation(scope=Scope.READ, query=MemberQuery, answers={200: RoomMembers}, refusals=(Code.NOT_FOUND,))
def index(request: HttpRequest, person: Person, asked: MemberQuery, slug: str) -> HttpResponse:
    """Return a page of the room's members by name, with their roles."""
    room = Room.seen_by(person, slug)
    members = member_list.page(room, limit=asked.limit, after=asked.after, query=asked.q)
    found = [_member(it) for it in members.memberships]
    content = RoomMembers(found, members.more, member_list.count(room))
    return page(request, content, members.more, after=found[-1].person.id if found else 0)


@signed_in
@operation(
    scope=Scope.MEMBERS,
    body=AddedPerson,
    answers={201: RoomMember},
    refusals=(Code.EMPTY, Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.ARCHIVED, Code.RATE_LIMITED),
)
def add(request: HttpRequest, person: Person, asked: AddedPerson, slug: str) -> HttpResponse:
    """Add someone to the room. For owners and moderators, and for members if the room lets them."""
    if asked.person is None and not asked.name.strip():
        raise FrameError(Code.EMPTY, "Give the id or the name of a person.")
    limits.check_invitation(person.pk)
    added = members.add(person, Room.seen_by(person, slug), person_id=asked.person, name=asked.name)
    return answers.success(_member(added), status=201)


@signed_in
@operation(scope=Scope.READ, query=MemberQuery, answers={200: PeopleFound}, refusals=(Code.RATE_LIMITED,))
def find(request: HttpRequest, viewer: Person, asked: MemberQuery) -> HttpResponse:
    """Return a page of the people you can find, by name. A guest finds people who are in a room with them."""
    if wait := limits.lookups(viewer.kind).take(viewer.pk):
        raise ActionError(Code.RATE_LIMITED, "Too many searches. Try again in a moment.", retry_after=wait)
    found, more = member_list.people_page(viewer, limit=asked.limit, after=asked.after, query=asked.q)
    content = PeopleFound([serializers.person(it) for it in found], more)
    return page(request, content, more, after=found[-1].pk if found else 0)


@signed_in
@operation(scope=Scope.READ, answers={200: PersonCard}, refusals=(Code.NOT_FOUND,))
def show(request: HttpRequest, viewer: Person, person_id: int) -> HttpResponse:
    """Return a person whom you can see: a member of one of the rooms you can see, or an author in them."""
    try:
        person = member_list.person_seen_by(viewer, person_id)
    except Person.DoesNotExist as error:
        raise ActionError(Code.NOT_FOUND, "There is no such person.") from error
    rooms, more = member_list.rooms_in_common(viewer, person)
    common = [RoomRef(it.slug, it.name) for it in rooms]
    return answers.success(PersonCard(serializers.person(person), serializers.time(person.date_joined), common, more))


def _member(row: Membership) -> RoomMember:
    return RoomMember(serializers.person(row.person), msgspec.convert(row.role, RoleName))

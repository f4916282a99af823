"""Direct conversations, and the people whom one has blocked."""

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chat import protocol, room_list, serializers
from chat.actions import blocks, direct
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.api.paging import Id
from chat.api.rooms import RoomOfPerson
from chat.auth import login_throttle
from chat.models import Person
from chat.protocol import Code, Scope
from chat.rate_limits import limits


class DirectPeople(msgspec.Struct, frozen=True):
    """`people` are the ids of the others. Without any, the conversation is for notes to yourself."""

    people: list[Id]


class DirectRoom(msgspec.Struct, frozen=True):
    room: RoomOfPerson


class BlockedPeople(msgspec.Struct, frozen=True):
    people: list[protocol.PersonData]


@signed_in
@operation(
    scope=Scope.ROOMS,
    body=DirectPeople,
    narrower={"people": {"maxItems": settings.CHAT_DIRECT_MAX - 1}},
    answers={201: DirectRoom, 200: DirectRoom},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.RATE_LIMITED, Code.UNAVAILABLE),
)
def create(request: HttpRequest, person: Person, asked: DirectPeople) -> HttpResponse:
    """Open the direct conversation with these people. The same people always have the same one.

    Status 201 means that it is new. The others see it when it has a message.
    """
    _check_change(request, person)
    room, is_new = direct.open_conversation(person, asked.people, login_throttle.address_of(request))
    found = RoomOfPerson.of(room_list.one(person, room.slug))
    return answers.success(DirectRoom(found), status=201 if is_new else 200)


@signed_in
@operation(answers={200: BlockedPeople})
def blocked(request: HttpRequest, person: Person) -> HttpResponse:
    """Return the people you have blocked, by name."""
    people = Person.objects.filter(pk__in=person.blocks.values("blocked")).order_by("handle")
    return answers.success(BlockedPeople([serializers.person(it) for it in people]))


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.RATE_LIMITED, Code.UNAVAILABLE))
def block(request: HttpRequest, person: Person, person_id: int) -> HttpResponse:
    """Block someone: neither of you can write to the other in a conversation of two, and they don't notify you."""
    _check_change(request, person)
    blocks.block(person, person_id)
    return answers.done()


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.RATE_LIMITED))
def unblock(request: HttpRequest, person: Person, person_id: int) -> HttpResponse:
    """End a block. A repeat changes nothing."""
    _check_change(request, person)
    blocks.unblock(person, person_id)
    return answers.done()


def _check_change(request: HttpRequest, person: Person) -> None:
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)

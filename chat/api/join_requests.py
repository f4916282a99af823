"""Requests to join a private room."""

from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import protocol, serializers
from chat.actions import join_requests
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.moderation import moderated
from chat.api.operation import operation
from chat.api.paging import AfterId, page
from chat.auth import login_throttle
from chat.models import JoinRequest, Person
from chat.models.invitations import REQUEST_NOTE_MAX_LENGTH
from chat.protocol import Code, Scope
from chat.rate_limits import limits


class NewJoinRequest(msgspec.Struct, frozen=True):
    """`note` is for the moderators of the room."""

    note: Annotated[str, msgspec.Meta(max_length=REQUEST_NOTE_MAX_LENGTH)] = ""


class JoinRequestData(msgspec.Struct, frozen=True):
    id: int
    person: protocol.PersonData
    note: str
    created_at: str


class JoinRequestList(msgspec.Struct, frozen=True):
    requests: list[JoinRequestData]
    more: bool


class RequestDecision(msgspec.Struct, frozen=True):
    outcome: Literal["accepted", "declined"]


@signed_in
@operation(query=AfterId, answers={200: JoinRequestList}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN))
def index(request: HttpRequest, person: Person, asked: AfterId, slug: str) -> HttpResponse:
    """Return the open requests to join the room, the oldest first. For moderators."""
    rows = join_requests.open_in(moderated(person, slug)).filter(pk__gt=asked.after)
    found = [_request(it) for it in rows[: asked.limit + 1]]
    listed, more = found[: asked.limit], len(found) > asked.limit
    return page(request, JoinRequestList(listed, more), more, after=listed[-1].id if listed else 0)


@signed_in
@operation(
    scope=Scope.ROOMS,
    body=NewJoinRequest,
    answers={200: JoinRequestData, 201: JoinRequestData},
    refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.RATE_LIMITED),
)
def create(request: HttpRequest, person: Person, asked: NewJoinRequest, slug: str) -> HttpResponse:
    """Ask to join a private room that takes requests. Asking again changes nothing."""
    limits.check_join_request(person.pk, kind=person.kind)
    row, is_new = join_requests.ask(person, slug, asked.note)
    return answers.success(_request(row), status=201 if is_new else 200)


@signed_in
@operation(scope=Scope.ROOMS, answers={204: None}, refusals=(Code.NOT_FOUND, Code.RATE_LIMITED))
def withdraw(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Withdraw your open request."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    join_requests.withdraw(person, slug)
    return answers.done()


@signed_in
@operation(
    body=RequestDecision,
    answers={204: None},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.ARCHIVED, Code.RATE_LIMITED),
)
def decide(request: HttpRequest, person: Person, asked: RequestDecision, slug: str, request_id: int) -> HttpResponse:
    """Accept or decline a request. For moderators."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    join_requests.decide(person, moderated(person, slug), request_id, asked.outcome)
    return answers.done()


def _request(row: JoinRequest) -> JoinRequestData:
    return JoinRequestData(row.pk, serializers.person(row.person), row.note, serializers.time(row.created_at))

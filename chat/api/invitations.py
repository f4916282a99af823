"""Invitation links: listing, creating, using and revoking them."""

from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from chat import protocol, room_list, serializers
from chat.actions import invitations
from chat.actions.invitations import DEFAULT_DAYS, DEFAULT_USES, MAX_DAYS, MAX_USES, ListedInvitation
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.api.paging import Limit, OlderThan, page
from chat.api.rooms import RoomOfPerson
from chat.api.search import RoomRef
from chat.auth import login_throttle
from chat.errors import ActionError
from chat.models import Invitation, Person, Room
from chat.models.invitations import NOTE_MAX_LENGTH
from chat.models.rooms import ADDRESS_MAX_LENGTH
from chat.protocol import Code
from chat.rate_limits import limits
from chat.site_address import origin_of

Slug = Annotated[str, msgspec.Meta(max_length=ADDRESS_MAX_LENGTH)]


class InvitationFilter(OlderThan, frozen=True, kw_only=True):
    """`room` is the address of a room. The invitations are older than the id `before`."""

    room: Slug = ""
    limit: Limit = 100


class NewInvitation(msgspec.Struct, frozen=True):
    """`room` null invites to the site. `max_uses` null sets no limit."""

    room: Slug | None = None
    role: Literal["member", "moderator"] = "member"
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] = DEFAULT_DAYS
    max_uses: Annotated[int, msgspec.Meta(ge=1, le=MAX_USES)] | None = DEFAULT_USES
    note: Annotated[str, msgspec.Meta(max_length=NOTE_MAX_LENGTH)] = ""


class InvitationCode(msgspec.Struct, frozen=True):
    """`code` is the last part of an invitation's link."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class InvitationData(msgspec.Struct, frozen=True):
    """`room` is null for an invitation to the site, and `max_uses` if there is no limit.

    `url` is the link. Moderators do not get those that make moderators. `works` is false while the creator may not
    invite people there.
    """

    id: int
    room: RoomRef | None
    role: str
    created_by: protocol.PersonData | None
    created_at: str
    expires_at: str
    uses: int
    max_uses: int | None
    note: str
    works: bool
    url: str | msgspec.UnsetType = msgspec.UNSET


class InvitationList(msgspec.Struct, frozen=True):
    invitations: list[InvitationData]
    more: bool


class InvitationCreated(msgspec.Struct, frozen=True):
    invitation: InvitationData


class RoomEntered(msgspec.Struct, frozen=True):
    room: RoomOfPerson


@signed_in
@operation(query=InvitationFilter, answers={200: InvitationList}, refusals=(Code.NOT_FOUND,))
def index(request: HttpRequest, person: Person, asked: InvitationFilter) -> HttpResponse:
    """Return the valid invitations that you created, and those of the rooms that you moderate, newest first."""
    room = Room.seen_by(person, asked.room) if asked.room else None
    found = invitations.page_for(person, room, limit=asked.limit + 1, before=asked.id)
    listed, more = [_invitation(request, it) for it in found[: asked.limit]], len(found) > asked.limit
    return page(request, InvitationList(listed, more), more, before=listed[-1].id if listed else 1)


@signed_in
@operation(
    body=NewInvitation,
    answers={201: InvitationCreated},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.ARCHIVED, Code.RATE_LIMITED),
)
def create(request: HttpRequest, person: Person, asked: NewInvitation) -> HttpResponse:
    """Create an invitation to a room or to the site. Only owners invite moderators."""
    limits.check_invitation(person.pk)
    room = None if asked.room is None else Room.seen_by(person, asked.room)
    made = invitations.create(person, room, role=asked.role, days=asked.days, max_uses=asked.max_uses, note=asked.note)
    listed = ListedInvitation(made, shows_link=True, is_backed=True)
    return answers.success(InvitationCreated(_invitation(request, listed)), status=201)


@signed_in
@operation(
    body=InvitationCode,
    answers={200: RoomEntered},
    refusals=(Code.NOT_FOUND, Code.EXPIRED, Code.FORBIDDEN, Code.ARCHIVED, Code.CONFLICT, Code.RATE_LIMITED),
)
@sensitive_variables()
def use(request: HttpRequest, person: Person, asked: InvitationCode) -> HttpResponse:
    """Join the room of an invitation. This changes nothing for its members."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    invitation = found(request, asked.code)
    if invitation.room is None:
        raise ActionError(Code.CONFLICT, "This invitation is to the site, where you have an account already.")
    invitations.use(invitation, person)
    return answers.success(RoomEntered(RoomOfPerson.of(room_list.one(person, invitation.room.slug))))


@signed_in
@operation(answers={204: None}, refusals=(Code.NOT_FOUND, Code.RATE_LIMITED))
def revoke(request: HttpRequest, person: Person, invitation_id: int) -> HttpResponse:
    """Revoke an invitation. People who have used it stay members."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    invitations.revoke(person, invitation_id)
    return answers.done()


@sensitive_variables()
def found(request: HttpRequest, code: str) -> Invitation:
    """Return the invitation of a link that works. Too many that don't, from one address, have to wait."""
    address = login_throttle.address_of(request)
    if wait := limits.wrong_invitations().wait(address):
        detail = f"Too many invitations that don’t work. Try again in {login_throttle.in_words(wait)}."
        raise ActionError(Code.RATE_LIMITED, detail, retry_after=wait)
    try:
        return invitations.find(code)
    except ActionError:
        limits.wrong_invitations().take(address)
        raise


def url_of(request: HttpRequest, invitation: Invitation) -> str:
    """Return the link of an invitation."""
    return origin_of(request) + reverse("invitation", args=[invitation.code])


def _invitation(request: HttpRequest, listed: ListedInvitation) -> InvitationData:
    row = listed.row
    return InvitationData(
        id=row.pk,
        room=RoomRef(row.room.slug, row.room.name) if row.room else None,
        role=row.role,
        created_by=serializers.person(row.created_by) if row.created_by else None,
        created_at=serializers.time(row.created_at),
        expires_at=serializers.time(row.expires_at),
        uses=row.uses,
        max_uses=row.max_uses,
        note=row.note,
        works=listed.is_backed,
        url=url_of(request, row) if listed.shows_link else msgspec.UNSET,
    )

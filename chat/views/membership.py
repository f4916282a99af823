"""Joining, leaving, starring and closing a room by forms. A script sends the same forms and gets JSON."""

from collections.abc import Callable

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from chat import direct_rooms, member_list, room_list
from chat.actions import direct, joining
from chat.api import answers
from chat.api.rooms import RoomOfPerson
from chat.auth import login_throttle
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.models import Person, Room
from chat.protocol import Code
from chat.rate_limits import limits
from chat.views import form_errors
from chat.views.login_redirect import next_address

CONFIRM = "You can’t come back to a private room by yourself. Confirm that you want to leave."


class ChangedRoom(msgspec.Struct, frozen=True):
    """The answer to a script: the room as it is now, and the number of its members."""

    room: RoomOfPerson
    members: int


@require_POST
@login_required
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Join the room. Joining again changes nothing."""
    return _change(request, slug, joining.join)


@require_POST
@login_required
def star(request: HttpRequest, slug: str) -> HttpResponse:
    """List the room first, or no longer if `on` is 0."""
    return _change(request, slug, lambda person, room: joining.star(person, room, request.POST.get("on") != "0"))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def leave(request: HttpRequest, slug: str) -> HttpResponse:
    """Leave the room. `confirmed` is needed for a private one, which the page asks for."""
    if request.method != "POST":
        return _question(request, _room(person_of(request), slug))
    return _change(request, slug, joining.leave, must_confirm="confirmed" not in request.POST)


@require_POST
@login_required
def close(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a direct conversation out of the list until its next message."""
    return _change(request, slug, lambda person, room: direct.set_closed(person, room, True))


def _change(
    request: HttpRequest, slug: str, act: Callable[[Person, Room], object], *, must_confirm: bool = False
) -> HttpResponse:
    """Change the person's membership. The limit comes first: a refusal beyond it reads no room."""
    person = person_of(request)
    is_script = request.headers.get("Accept") == "application/json"
    try:
        limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    except ActionError as refusal:
        return answers.refused(refusal) if is_script else form_errors.limited(request, refusal)
    room = _room(person, slug)
    if must_confirm and room.visibility != Room.Visibility.PUBLIC:
        return answers.refused(ActionError(Code.CONFLICT, CONFIRM)) if is_script else _question(request, room)
    try:
        act(person, room)
    except ActionError as refusal:
        return answers.refused(refusal) if is_script else _question(request, room, refusal)
    return _as_json(person, slug) if is_script else redirect(next_address(request) or _way_back(person, room))


def _room(person: Person, slug: str) -> Room:
    try:
        room = Room.seen_by(person, slug)
    except Room.DoesNotExist as error:
        raise Http404 from error
    direct_rooms.name_rooms(person.pk, [room])
    return room


def _question(request: HttpRequest, room: Room, refusal: ActionError | None = None) -> HttpResponse:
    """Ask whether to leave the room, or say why the change was refused."""
    context = {"room": room, "refusal": refusal}
    if refusal is not None:
        return form_errors.page(request, "chat/leave_room.html", context, refusal)
    return render(request, "chat/leave_room.html", context)


def _way_back(person: Person, room: Room) -> Room | str:
    """Return the room, or the home page for someone who has lost access to it."""
    return room if Room.objects.visible_to(person).filter(pk=room.pk).exists() else "home"


def _as_json(person: Person, slug: str) -> HttpResponse:
    """Return the room as it is in lists, or 204 for someone who has lost access to it."""
    try:
        found = room_list.one(person, slug)
    except Room.DoesNotExist:
        return HttpResponse(status=204)
    return answers.success(ChangedRoom(RoomOfPerson.of(found), member_list.count(found)))

"""The pages of a room's owner: whether it is archived, how long it keeps messages, and its deletion."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from chat import rights
from chat.actions.errors import ActionError
from chat.actions.retention import keep_days
from chat.actions.room_deletion import delete_room, is_empty
from chat.actions.room_settings import decide
from chat.forms import DeleteRoomForm, RoomSettingsForm
from chat.models import Person, Room
from chat.views import refusals
from chat.views.arrivals import person_of

PAGE = "chat/room_settings.html"
DELETE_PAGE = "chat/delete_room.html"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """As for the room itself, 404 for whom there is nothing to decide."""
    person = person_of(request)
    room = owned_room(person, slug)
    form = RoomSettingsForm(request.POST or None, initial={"archived": room.is_archived, "keep_days": room.keep_days})
    if request.method != "POST":
        return render(request, PAGE, page_context(room, form))
    refusal = None
    if form.is_valid():
        try:
            decide(person, room, **form.cleaned_data)
        except ActionError as error:
            refusal = error
            form.add_error(None, error.detail)
        else:
            messages.success(request, "That holds from now on.")
            return redirect("room_settings", slug)
    return refusals.page(request, PAGE, page_context(room, form), refusal)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask whether an empty room is to be deleted, and delete it."""
    person = person_of(request)
    room = owned_room(person, slug)
    form = DeleteRoomForm(request.POST if request.method == "POST" else None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            delete_room(person, room, reason=form.cleaned_data["reason"])
        except ActionError as error:
            refusal = error
            form.add_error(None, error.detail)
        else:
            messages.success(request, f"{room.name} is deleted.")
            return redirect("home")
    context = {"room": room, "form": form, "is_empty": is_empty(room)}
    if request.method != "POST":
        return render(request, DELETE_PAGE, context)
    return refusals.page(request, DELETE_PAGE, context, refusal)


def owned_room(person: Person, slug: str) -> Room:
    """Return the room if `person` sees and owns it. Http404 otherwise."""
    room = get_object_or_404(Room.objects.visible_to(person), slug=slug)
    if not rights.standing(person, room).owns:
        raise Http404
    return room


def page_context(room: Room, form: RoomSettingsForm) -> dict[str, Any]:
    """What room_settings.html takes."""
    return {"room": room, "form": form, "kept": keep_days(room), "is_empty": is_empty(room)}

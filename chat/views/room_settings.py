"""A page for who owns a room: whether it is written to, and for how long it keeps what was."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from chat import rights
from chat.actions.errors import ActionError
from chat.actions.retention import keep_days
from chat.actions.room_settings import decide
from chat.forms import RoomSettingsForm
from chat.models import Room
from chat.views import refusals
from chat.views.arrivals import person_of

PAGE = "chat/room_settings.html"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """As for the room itself, 404 for whom there is nothing to decide."""
    person = person_of(request)
    room = get_object_or_404(Room.objects.visible_to(person), slug=slug)
    if not rights.standing(person, room).owns:
        raise Http404
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


def page_context(room: Room, form: RoomSettingsForm) -> dict[str, Any]:
    """What room_settings.html takes."""
    return {"room": room, "form": form, "kept": keep_days(room)}

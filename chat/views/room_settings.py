"""The pages of a room's owner: whether it is archived, how long it keeps messages, and its deletion."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator

from chat.actions.retention import keep_days
from chat.actions.room_deletion import delete_room, is_empty
from chat.actions.room_settings import change_settings
from chat.auth import permissions
from chat.forms.rooms import DeleteRoomForm, RoomSettingsForm
from chat.models import Person, Room
from chat.views.action_form import ActionFormView


class OwnedRoomView(ActionFormView):
    """A page about a room. As for the room itself, it is 404 for everyone but its owners."""

    room: Room

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.room = owned_room(self.person, kwargs["slug"])
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, room=self.room, is_empty=is_empty(self.room))


@method_decorator(login_required, name="dispatch")
class RoomSettings(OwnedRoomView):
    form_class = RoomSettingsForm
    template_name = "chat/room_settings.html"

    def get_initial(self) -> dict[str, Any]:
        return {"archived": self.room.is_archived, "keep_days": self.room.keep_days}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, kept=keep_days(self.room))

    def act(self, form: RoomSettingsForm) -> HttpResponse:
        change_settings(self.person, self.room, **form.cleaned_data)
        messages.success(self.request, "Settings saved.")
        return redirect("room_settings", self.room.slug)


@method_decorator(login_required, name="dispatch")
class DeleteRoom(OwnedRoomView):
    """Ask whether an empty room is to be deleted, and delete it."""

    form_class = DeleteRoomForm
    template_name = "chat/delete_room.html"

    def act(self, form: DeleteRoomForm) -> HttpResponse:
        delete_room(self.person, self.room, reason=form.cleaned_data["reason"])
        messages.success(self.request, f"{self.room.name} has been deleted.")
        return redirect("home")


def owned_room(person: Person, slug: str) -> Room:
    """Return the room if `person` sees and owns it. Http404 otherwise."""
    room = get_object_or_404(Room.objects.visible_to(person), slug=slug)
    if not permissions.actor_in(person, room).owns:
        raise Http404
    return room

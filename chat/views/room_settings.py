"""The pages of a room's owner: its settings, stepping down, and the room's deletion."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property

from chat import member_list
from chat.actions.room_deletion import delete_room, is_empty
from chat.actions.room_settings import change_settings, messages_to_show
from chat.actions.rooms import NAME_RESERVED, NAME_TAKEN
from chat.actions.sanctions import give_role
from chat.auth import login_throttle, permissions
from chat.auth.permissions import Rank
from chat.errors import ActionError
from chat.forms.rooms import RoomReasonForm, RoomSettingsForm
from chat.models import Membership, Person, Room
from chat.rate_limits import limits
from chat.views.action_form import ActionFormView


class OwnedRoomView(ActionFormView):
    """A page about a room. As for the room itself, it is 404 for everyone but its owners."""

    @cached_property
    def room(self) -> Room:
        return owned_room(self.person, self.kwargs["slug"])

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context, room=self.room, is_empty=is_empty(self.room))

    def check_rate(self) -> None:
        """Limit changes like posts: each is sent to everyone in the room."""
        address = login_throttle.address_of(self.request)
        limits.check_change(self.person.pk, address, kind=self.person.kind)


@method_decorator(login_required, name="dispatch")
class RoomSettings(OwnedRoomView):
    """The settings of a room. A change of who can see it is shown again to be confirmed."""

    form_class = RoomSettingsForm
    template_name = "chat/room_settings.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        is_staff = permissions.site_rank_of(self.person) >= Rank.STAFF
        return super().get_form_kwargs() | {"room": self.room, "is_staff": is_staff}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        own = Membership.objects.current().filter(room=self.room, person=self.person).first()
        others = [it for it in member_list.owners(self.room) if it != self.person]
        return super().get_context_data(**context, own_role=own.role if own else "", other_owners=others)

    def act(self, form: RoomSettingsForm) -> HttpResponse:
        if form.must_confirm():
            return render(self.request, "chat/room_visibility.html", self._question(form))
        change_settings(self.person, self.room, form.changes(), reason=form.cleaned_data["reason"])
        messages.success(self.request, "Settings saved.")
        return redirect("room_settings", self.room.slug)

    def refuse(self, form: forms.Form, refusal: ActionError) -> HttpResponse:
        self.error_field = "name" if refusal.detail in (NAME_TAKEN, NAME_RESERVED) else None  # type: ignore[misc]
        self.room.refresh_from_db()  # the page names it as it still is
        return super().refuse(form, refusal)

    def _question(self, form: RoomSettingsForm) -> dict[str, Any]:
        form.hide()
        shown = messages_to_show(self.room)
        return super().get_context_data(
            form=form,
            visibility=form.cleaned_data["visibility"],
            members=self.room.memberships.current().count(),
            messages_shown=f"{shown:,} message{'' if shown == 1 else 's'}",
        )


@method_decorator(login_required, name="dispatch")
class StepDown(OwnedRoomView):
    """Ask whether an owner wants to be a regular member, and change their role. Refuse the only owner."""

    form_class = RoomReasonForm
    template_name = "chat/step_down.html"

    @cached_property
    def room(self) -> Room:
        """Return the room if the person has the role of an owner. Staff who see the room have none to give up."""
        room = owned_room(self.person, self.kwargs["slug"])
        owners = Membership.objects.current().filter(role=Membership.Role.OWNER)
        get_object_or_404(owners, room=room, person=self.person)
        return room

    def act(self, form: RoomReasonForm) -> HttpResponse:
        give_role(self.person, self.room, self.person, Membership.Role.MEMBER, reason=form.cleaned_data["reason"])
        return redirect(self.room)


@method_decorator(login_required, name="dispatch")
class DeleteRoom(OwnedRoomView):
    """Ask whether an empty room is to be deleted, and delete it."""

    form_class = RoomReasonForm
    template_name = "chat/delete_room.html"

    def act(self, form: RoomReasonForm) -> HttpResponse:
        delete_room(self.person, self.room, reason=form.cleaned_data["reason"])
        messages.success(self.request, f"{self.room.name} has been deleted.")
        return redirect("home")


def owned_room(person: Person, slug: str) -> Room:
    """Return the room if `person` sees and owns it. Http404 otherwise."""
    room = get_object_or_404(Room.objects.visible_to(person), slug=slug)
    if not permissions.actor_in(person, room).owns:
        raise Http404
    return room

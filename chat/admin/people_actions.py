"""Admin actions on people: on the whole site, in one room, and the deletion of inactive guests."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from chat.actions import sanctions, staff_accounts
from chat.admin.confirmation import Act, ConfirmingAdmin, MuteForm, ReasonForm, confirmed, counted, duration_of
from chat.auth import sign_up
from chat.auth.current_person import person_of
from chat.models import Person, Room
from chat.models.people import PersonQuerySet


class RoomField(forms.CharField):
    """A form field for a room, by its slug."""

    def clean(self, value: Any) -> Room:
        room = Room.objects.with_head().filter(slug=super().clean(value).strip().lower()).first()
        if room is None:
            raise ValidationError("No room has that address.")
        return room


class BanInRoomForm(ReasonForm):
    room = RoomField(label="Room address")
    field_order = ("room", "reason")


class MuteInRoomForm(MuteForm):
    room = RoomField(label="Room address")
    field_order = ("room", "hours", "reason")


class PurgeForm(ReasonForm):
    days = forms.IntegerField(min_value=1, max_value=36500, initial=30, label="Inactive for (days)")
    field_order = ("days", "reason")


def _on_site(operation: Callable[..., int], done: str) -> Act:
    def act(actor: Person, rows: QuerySet[Person], data: Mapping[str, Any]) -> str:
        return f"{counted(operation(actor, rows, reason=data['reason']), 'person', 'people')} {done}."

    return act


def _in_room(impose: Callable[..., None], done: str) -> Act:
    def act(actor: Person, rows: QuerySet[Person], data: Mapping[str, Any]) -> str:
        for person in rows:
            impose(actor, data["room"], person, reason=data["reason"], **duration_of(data))
        return format_html("{} {} <bdi>{}</bdi>.", counted(len(rows), "person", "people"), done, data["room"].name)

    return act


def _approve(actor: Person, rows: QuerySet[Person], data: Mapping[str, Any]) -> str:
    approved = list(rows)
    number = staff_accounts.approve(actor, approved, reason=data["reason"])
    sign_up.tell_approved(approved)
    return f"{counted(number, 'account', 'accounts')} approved."


class PendingFilter(admin.SimpleListFilter):
    title = "new accounts"
    parameter_name = "pending"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        return [("approval", "Waiting for approval"), ("email", "Email not verified")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        people = cast(PersonQuerySet, queryset)
        match self.value():
            case "approval":
                return people.waiting()
            case "email":
                return people.unverified()
        return queryset


class PeopleActions(ConfirmingAdmin):
    actions = ("approve", "decline", "sign_out_everywhere", "deactivate", "activate", "remove_avatars", "mute", "ban")

    approve = confirmed(
        "Approve the selected accounts…",
        "Approve",
        _approve,
        permission="change",
        among=lambda rows: rows.waiting(),
    )
    decline = confirmed(
        "Decline the selected accounts…",
        "Decline and remove",
        _on_site(staff_accounts.decline, "declined"),
        permission="change",
        among=lambda rows: rows.exclude(pending_since=None),
    )

    sign_out_everywhere = confirmed(
        "Sign the selected people out everywhere…",
        "Sign out everywhere",
        _on_site(staff_accounts.sign_out_everywhere, "signed out"),
        permission="change",
    )
    deactivate = confirmed(
        "Deactivate the selected people…",
        "Deactivate",
        _on_site(staff_accounts.deactivate, "deactivated"),
        permission="change",
    )
    activate = confirmed(
        "Activate the selected people…", "Activate", _on_site(staff_accounts.activate, "activated"), permission="change"
    )
    remove_avatars = confirmed(
        "Remove the pictures of the selected people…",
        "Remove pictures",
        _on_site(staff_accounts.remove_avatars, "shown without a picture"),
        permission="change",
        among=lambda rows: rows.exclude(avatar=None),
    )
    mute = confirmed(
        "Mute the selected people in a room…", "Mute", _in_room(sanctions.mute, "muted in"), form=MuteInRoomForm
    )
    ban = confirmed(
        "Ban the selected people from a room…", "Ban", _in_room(sanctions.ban, "banned from"), form=BanInRoomForm
    )

    # ---- Guests

    def get_urls(self) -> list[URLPattern]:
        purge = self.admin_site.admin_view(self.purge_guests)
        return [path("purge-guests/", purge, name="chat_person_purge_guests"), *super().get_urls()]

    def purge_guests(self, request: HttpRequest) -> HttpResponse:
        """Show the number of guests inactive for so many days. Delete them after confirmation."""
        if not request.user.has_perm(staff_accounts.PURGE):
            raise PermissionDenied
        form = PurgeForm(request.POST or None)
        unused = None
        if form.is_valid():
            since = timezone.now() - timedelta(days=form.cleaned_data["days"])
            if "confirmed" in request.POST:
                number = staff_accounts.purge_guests(person_of(request), since, reason=form.cleaned_data["reason"])
                messages.success(request, f"{counted(number, 'guest', 'guests')} deleted.")
                return HttpResponseRedirect(reverse("admin:chat_person_changelist"))
            unused = staff_accounts.unused_guests(since).count()
        context = {
            **self.admin_site.each_context(request),
            "title": "Delete inactive guests",
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/chat/person/purge_guests.html", {**context, "unused": unused})

"""Admin actions on people: on the whole site, in one room, and the deletion of inactive guests."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

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
from chat.admin.confirmation import ConfirmingAdmin, MuteForm, ReasonForm
from chat.auth import permissions
from chat.auth.current_person import person_of
from chat.models import Person, Room

AccountOperation = Callable[..., int]


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"


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


class PeopleActions(ConfirmingAdmin):
    actions = ("sign_out_everywhere", "deactivate", "activate", "mute", "ban")

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.MODERATE)

    @admin.action(description="Sign the selected people out everywhere…", permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse | None:
        return self._execute_on_site(
            request, queryset, staff_accounts.sign_out_everywhere, "Sign out everywhere", "signed out"
        )

    @admin.action(description="Deactivate the selected people…", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse | None:
        return self._execute_on_site(request, queryset, staff_accounts.deactivate, "Deactivate", "deactivated")

    @admin.action(description="Activate the selected people…", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse | None:
        return self._execute_on_site(request, queryset, staff_accounts.activate, "Activate", "activated")

    @admin.action(description="Mute the selected people in a room…", permissions=["moderate"])
    def mute(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse | None:
        def act(rows: QuerySet[Person], data: Mapping[str, Any]) -> str:
            duration = None if data["hours"] is None else timedelta(hours=data["hours"])
            for person in rows:
                sanctions.mute(person_of(request), data["room"], person, duration=duration, reason=data["reason"])
            return format_html("{} muted in <bdi>{}</bdi>.", _people(len(rows)), data["room"].name)

        return self.confirmed(request, queryset, act, title="Mute", form=MuteInRoomForm)

    @admin.action(description="Ban the selected people from a room…", permissions=["moderate"])
    def ban(self, request: HttpRequest, queryset: QuerySet[Person]) -> HttpResponse | None:
        def act(rows: QuerySet[Person], data: Mapping[str, Any]) -> str:
            for person in rows:
                sanctions.ban(person_of(request), data["room"], person, reason=data["reason"])
            return format_html("{} banned from <bdi>{}</bdi>.", _people(len(rows)), data["room"].name)

        return self.confirmed(request, queryset, act, title="Ban", form=BanInRoomForm)

    def _execute_on_site(
        self, request: HttpRequest, queryset: QuerySet[Person], operation: AccountOperation, title: str, done: str
    ) -> HttpResponse | None:
        def act(rows: QuerySet[Person], data: Mapping[str, Any]) -> str:
            return f"{_people(operation(person_of(request), rows, reason=data['reason']))} {done}."

        return self.confirmed(request, queryset, act, title=title)

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
                messages.success(request, f"{number:,} {'guest' if number == 1 else 'guests'} deleted.")
                return HttpResponseRedirect(reverse("admin:chat_person_changelist"))
            unused = staff_accounts.unused_guests(since).count()
        context = {
            **self.admin_site.each_context(request),
            "title": "Delete inactive guests",
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/chat/person/purge_guests.html", {**context, "unused": unused})

"""Rooms and their memberships."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from chat.actions import administration, retention, rooms
from chat.actions.room_deletion import delete_room
from chat.admin.confirmation import ConfirmingAdmin
from chat.admin.filters import PersonFilter, RoomFilter
from chat.admin.keyset import KeysetAdmin
from chat.admin.membership_actions import MembershipActions, SanctionFilter
from chat.auth import permissions
from chat.auth.current_person import person_of
from chat.models import Membership, Room
from chat.text import cleaning


class RoomForm(forms.ModelForm):
    class Meta:
        model = Room
        fields = ("name", "topic", "visibility", "keep_days")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if "visibility" in self.fields:
            direct = self.instance.visibility == Room.Visibility.DIRECT
            choices = [it for it in Room.Visibility.choices if (it[0] == Room.Visibility.DIRECT) == direct]
            self.fields["visibility"] = forms.ChoiceField(choices=choices)

    def clean_name(self) -> str:
        try:
            return cleaning.clean_name(self.cleaned_data["name"])
        except ValueError as error:
            raise ValidationError(str(error)) from error


@admin.register(Room)
class RoomAdmin(ConfirmingAdmin):
    form = RoomForm
    list_display = ("name", "slug", "topic", "visibility", "messages_posted", "active_at", "archived_at")
    list_select_related = ("head",)
    list_filter = ("visibility", ("archived_at", admin.EmptyFieldListFilter))
    list_per_page = 50
    search_fields = ("name", "slug", "topic")
    ordering = ("-head__active_at",)
    actions = ("archive", "unarchive", "delete_empty")
    fields = ("name", "slug", "topic", "visibility", "keep_days", "created_at", "created_by", "archived_at")
    readonly_fields = ("slug", "created_at", "created_by", "archived_at")

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        if change:
            self._change(request, obj, {name: form.cleaned_data[name] for name in form.changed_data})
            return
        created = rooms.create_room(person_of(request), obj.name, topic=obj.topic, visibility=obj.visibility)
        obj.pk, obj.slug, obj.created_by = created.pk, created.slug, created.created_by

    def _change(self, request: HttpRequest, room: Room, changes: dict[str, Any]) -> None:
        if "keep_days" in changes:
            retention.set_keep_days(person_of(request), room, changes.pop("keep_days"))
        if changes:
            administration.change_room(room, changes, by=person_of(request))

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.MODERATE)

    @admin.action(description="Archive the selected rooms…", permissions=["moderate"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Room]) -> HttpResponse | None:
        return self._execute_each(request, queryset.filter(archived_at=None), rooms.archive, "Archive", "archived")

    @admin.action(description="Unarchive the selected rooms…", permissions=["moderate"])
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Room]) -> HttpResponse | None:
        archived = queryset.exclude(archived_at=None)
        return self._execute_each(request, archived, rooms.unarchive, "Unarchive", "unarchived")

    @admin.action(description="Delete the selected empty rooms…", permissions=["moderate"])
    def delete_empty(self, request: HttpRequest, queryset: QuerySet[Room]) -> HttpResponse | None:
        return self._execute_each(request, queryset, delete_room, "Delete empty rooms", "deleted")

    def _execute_each(
        self, request: HttpRequest, queryset: QuerySet[Room], change: Callable[..., None], title: str, done: str
    ) -> HttpResponse | None:
        def act(found: QuerySet[Room], data: Mapping[str, Any]) -> str:
            chosen = list(found)
            with transaction.atomic():  # all or none
                for room in chosen:
                    change(person_of(request), room, reason=data["reason"])
            return f"{len(chosen)} {'room' if len(chosen) == 1 else 'rooms'} {done}."

        return self.confirmed(request, queryset, act, title=title)

    @admin.display(description="messages", ordering="head__seq")
    def messages_posted(self, room: Room) -> int:
        return room.head.seq

    @admin.display(description="last active", ordering="head__active_at")
    def active_at(self, room: Room) -> Any:
        return room.head.active_at


@admin.register(Membership)
class MembershipAdmin(MembershipActions, KeysetAdmin):
    list_display = ("person", "room", "role", "read_seq", "joined_at", "muted_until", "banned_at")
    list_select_related = ("person", "room")
    list_filter = (SanctionFilter, RoomFilter, PersonFilter, "role")
    autocomplete_fields = ("person", "room")

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        """Show only the person, the room and the role when adding a membership."""
        identity = ("person", "room", "role")
        sanctions = ("muted_until", "mute_reason", "banned_at", "ban_reason", "closed_at")
        return identity if obj is None else (*identity, "read_seq", "joined_at", *sanctions)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return () if obj is None else [name for name in self.get_fields(request, obj) if name != "role"]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if not change:
            obj.pk = administration.add_member(obj.person, obj.room, obj.role, by=person_of(request)).pk
        elif "role" in form.changed_data:
            administration.change_role(obj, form.cleaned_data["role"], by=person_of(request))

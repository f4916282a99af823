"""Rooms and who belongs to them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from chat import text
from chat.actions import administration, rooms
from chat.admin.base import ChatAdmin
from chat.admin.filters import PersonFilter, RoomFilter
from chat.admin.keyset import KeysetAdmin
from chat.models import Membership, Room


class RoomForm(forms.ModelForm):
    class Meta:
        model = Room
        fields = ("name", "topic", "visibility")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if "visibility" in self.fields:
            direct = self.instance.visibility == Room.Visibility.DIRECT
            choices = [it for it in Room.Visibility.choices if (it[0] == Room.Visibility.DIRECT) == direct]
            self.fields["visibility"] = forms.ChoiceField(choices=choices)

    def clean_name(self) -> str:
        try:
            return text.clean_name(self.cleaned_data["name"])
        except ValueError as error:
            raise ValidationError(str(error)) from error


@admin.register(Room)
class RoomAdmin(ChatAdmin):
    form = RoomForm
    list_display = ("name", "slug", "topic", "visibility", "messages_posted", "active_at", "archived_at")
    list_select_related = ("head",)
    list_filter = ("visibility", ("archived_at", admin.EmptyFieldListFilter))
    list_per_page = 50
    search_fields = ("name", "slug", "topic")
    ordering = ("-head__active_at",)
    fields = ("name", "slug", "topic", "visibility", "created_at", "created_by", "archived_at")
    readonly_fields = ("slug", "created_at", "created_by", "archived_at")

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        if change:
            administration.change_room(obj, {name: form.cleaned_data[name] for name in form.changed_data})
            return
        opened = rooms.create_room(request.user, obj.name, topic=obj.topic, visibility=obj.visibility)  # type: ignore[arg-type]
        obj.pk, obj.slug, obj.created_by = opened.pk, opened.slug, opened.created_by

    @admin.display(description="messages", ordering="head__seq")
    def messages_posted(self, room: Room) -> int:
        return room.head.seq

    @admin.display(description="last active", ordering="head__active_at")
    def active_at(self, room: Room) -> Any:
        return room.head.active_at


@admin.register(Membership)
class MembershipAdmin(KeysetAdmin):
    list_display = ("person", "room", "role", "read_seq", "joined_at", "muted_until", "banned_at")
    list_select_related = ("person", "room")
    list_filter = (RoomFilter, PersonFilter, "role")
    actions = None
    autocomplete_fields = ("person", "room")

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        """To let somebody in takes a person, a room and a role; the rest comes by itself."""
        given = ("person", "room", "role")
        return given if obj is None else (*given, "read_seq", "joined_at", "muted_until", "banned_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return () if obj is None else [name for name in self.get_fields(request, obj) if name != "role"]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if not change:
            obj.pk = administration.add_member(obj.person, obj.room, obj.role).pk
        elif "role" in form.changed_data:
            administration.change_role(obj, form.cleaned_data["role"])

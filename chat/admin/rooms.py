"""Rooms and their memberships."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from chat.actions import administration, rooms
from chat.actions.room_deletion import delete_room
from chat.actions.room_settings import ONLY_PRIVATE, change_settings, messages_to_show
from chat.admin.confirmation import Act, ConfirmingAdmin, confirmed, counted
from chat.admin.filters import PersonFilter, RoomFilter
from chat.admin.keyset import KeysetAdmin
from chat.admin.membership_actions import MembershipActions, SanctionFilter
from chat.auth.current_person import person_of
from chat.models import Membership, Person, Room
from chat.text import cleaning

# Fields that a new room gets by a change after it was created.
SETTINGS = ("joining", "history", "members_invite", "posting", "room_mentions", "keep_days", "is_default")
# Choices that stay as they are if the browser sends none.
CHOICES = ("history", "posting", "room_mentions")


class RoomForm(forms.ModelForm):
    """The settings of a room, for staff. `shows_messages` is their consent to make a private room public."""

    shows_messages = forms.BooleanField(label="Show all messages to everyone", required=False)

    class Meta:
        model = Room
        fields = ("name", "topic", "visibility", *SETTINGS)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if "visibility" in self.fields:
            direct = self.instance.visibility == Room.Visibility.DIRECT
            choices = [it for it in Room.Visibility.choices if (it[0] == Room.Visibility.DIRECT) == direct]
            self.fields["visibility"] = forms.ChoiceField(choices=choices)
        for name in self.fields.keys() & set(CHOICES):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data |= {name: getattr(self.instance, name) for name in CHOICES if not data.get(name)}
        if data.get("visibility") != Room.Visibility.PRIVATE and data.get("joining"):
            if not self.instance.joining:
                self.add_error("joining", ONLY_PRIVATE)
            data["joining"] = None
        was, becomes = self.initial.get("visibility"), data.get("visibility")
        shows = (was, becomes) == (Room.Visibility.PRIVATE, Room.Visibility.PUBLIC)
        if shows and not data.get("shows_messages"):
            number = messages_to_show(self.instance)
            self.add_error("shows_messages", f"A public room shows its messages to everyone: {number:,}. Confirm that.")
        return data

    def clean_name(self) -> str:
        try:
            return cleaning.clean_name(self.cleaned_data["name"])
        except ValueError as error:
            raise ValidationError(str(error)) from error


def _for_each(change: Callable[..., None], done: str) -> Act:
    def act(actor: Person, found: QuerySet[Room], data: Mapping[str, Any]) -> str:
        chosen = list(found)
        with transaction.atomic():  # all or none
            for room in chosen:
                change(actor, room, reason=data["reason"])
        return f"{counted(len(chosen), 'room', 'rooms')} {done}."

    return act


@admin.register(Room)
class RoomAdmin(ConfirmingAdmin):
    form = RoomForm
    list_display = ("name", "slug", "topic", "visibility", "messages_posted", "active_at", "archived_at")
    list_select_related = ("head",)
    list_filter = ("visibility", "is_default", ("archived_at", admin.EmptyFieldListFilter))
    list_per_page = 50
    search_fields = ("name", "slug", "topic")
    ordering = ("-head__active_at",)
    actions = ("archive", "unarchive", "delete_empty")
    fields = (
        *("name", "slug", "topic", "visibility", "joining", "members_invite", "history", "posting", "room_mentions"),
        *("keep_days", "is_default", "created_at", "created_by", "archived_at"),
    )
    readonly_fields = ("slug", "created_at", "created_by", "archived_at")

    def get_fields(self, request: HttpRequest, obj: Room | None = None) -> Any:
        """Ask for the consent to show the messages of a private room, below its visibility."""
        asks = (
            obj is not None and obj.visibility == Room.Visibility.PRIVATE and self.has_change_permission(request, obj)
        )
        fields = list(super().get_fields(request, obj))
        return [*fields[:4], "shows_messages", *fields[4:]] if asks else fields

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        changes = {
            it: form.cleaned_data[it]
            for it in form.changed_data
            if it != "shows_messages" and form.cleaned_data[it] != form.initial.get(it)
        }
        if change:
            change_settings(person_of(request), obj, changes)
            return
        created = rooms.create_room(person_of(request), obj.name, topic=obj.topic, visibility=obj.visibility)
        obj.pk, obj.slug, obj.created_by = created.pk, created.slug, created.created_by
        chosen = {name: changes[name] for name in SETTINGS if name in changes}
        other = {name: value for name, value in chosen.items() if value != getattr(created, name)}
        change_settings(person_of(request), created, other)

    archive = confirmed(
        "Archive the selected rooms…",
        "Archive",
        _for_each(rooms.archive, "archived"),
        among=lambda rows: rows.filter(archived_at=None),
    )
    unarchive = confirmed(
        "Unarchive the selected rooms…",
        "Unarchive",
        _for_each(rooms.unarchive, "unarchived"),
        among=lambda rows: rows.exclude(archived_at=None),
    )
    delete_empty = confirmed(
        "Delete the selected empty rooms…", "Delete empty rooms", _for_each(delete_room, "deleted")
    )

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
        sanctions = ("muted_until", "mute_reason", "banned_at", "ban_reason", "closed_at", "left_at")
        return identity if obj is None else (*identity, "read_seq", "joined_at", *sanctions)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return () if obj is None else [name for name in self.get_fields(request, obj) if name != "role"]

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        if not change:
            obj.pk = administration.add_member(obj.person, obj.room, obj.role, by=person_of(request)).pk
        elif "role" in form.changed_data:
            administration.change_role(obj, form.cleaned_data["role"], by=person_of(request))

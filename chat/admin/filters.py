"""Filters with a text field, for columns with too many values to list."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from chat.adapters.django_admin import ChangeList
from chat.admin.base import MAX_SEARCH_CHARACTERS
from chat.models import Person, Room
from chat.text import cleaning


class TypedFilter(admin.SimpleListFilter):
    """A text field instead of a list of links. `matching` returns the rows that match a value."""

    template = "admin/chat/typed_filter.html"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        return []

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Return the other active filters. The form sends them along."""
        for name, values in changelist.filter_params.items():
            if name != self.parameter_name:
                yield from ({"name": name, "value": value} for value in values)

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        value = cleaning.clean_line(self.value() or "", MAX_SEARCH_CHARACTERS)
        return self.matching(queryset, value) if value else queryset

    def matching(self, queryset: models.QuerySet, value: str) -> models.QuerySet:
        raise NotImplementedError


class PersonFilter(TypedFilter):
    """Filter by the full name of a person, ignoring case."""

    title = "person"
    parameter_name = "person"
    field = "person"

    def matching(self, queryset: models.QuerySet, value: str) -> models.QuerySet:
        person = Person.objects.filter(handle=cleaning.fold(value)).first()
        return queryset.filter(**{self.field: person}) if person else queryset.none()


class AuthorFilter(PersonFilter):
    field = "author"


class RoomFilter(TypedFilter):
    """Filter by the slug or the full name of a room."""

    title = "room"
    parameter_name = "room"

    def matching(self, queryset: models.QuerySet, value: str) -> models.QuerySet:
        rooms = Room.objects.filter(models.Q(slug=value.lower()) | models.Q(name__iexact=value))
        ids = list(rooms.values_list("pk", flat=True))
        return queryset.filter(room_id=ids[0]) if len(ids) == 1 else queryset.filter(room_id__in=ids)


class DeletedFilter(admin.SimpleListFilter):
    title = "deleted"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        return [("yes", "Deleted"), ("no", "Not deleted")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        wanted = {"yes": False, "no": True}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(deleted_at__isnull=wanted)

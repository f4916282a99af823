"""Groups of staff and their permissions."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest

from chat.actions import administration
from chat.admin.base import ChatAdmin
from chat.auth.current_person import person_of

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ChatAdmin, DjangoGroupAdmin):
    """Django's group admin, for superusers only, because a group grants permissions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        administration.save_group(obj, form.cleaned_data["permissions"], by=person_of(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Do nothing. The permissions were saved with the group."""

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        administration.delete_group(obj, by=person_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Group]) -> None:
        for group in queryset:
            administration.delete_group(group, by=person_of(request))

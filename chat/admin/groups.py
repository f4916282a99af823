"""Groups of staff and their permissions."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest

from chat.admin.base import ChatAdmin

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ChatAdmin, DjangoGroupAdmin):
    """Django's, for superusers: a group gives permissions, and only a superuser decides what staff may do."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return bool(request.user.is_superuser)

"""Incoming webhooks, without their addresses, which are not stored."""

from django.contrib import admin

from chat.admin.base import ReadOnlyAdmin
from chat.admin.keyset import KeysetAdmin
from chat.models import IncomingWebhook


@admin.register(IncomingWebhook)
class IncomingWebhookAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = ("__str__", "room", "bot", "created_by", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("room", "bot", "created_by")
    fields = ("room", "bot", "created_by", "label", "created_at", "last_used_at", "revoked_at")

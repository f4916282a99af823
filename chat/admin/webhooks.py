"""Webhooks without their secrets, and commands. Only reading: they are changed by the owners of bots."""

from django.contrib import admin

from chat.admin.base import ReadOnlyAdmin
from chat.admin.keyset import KeysetAdmin
from chat.models import BotCommand, IncomingWebhook, OutgoingWebhook, WebhookDelivery


@admin.register(IncomingWebhook)
class IncomingWebhookAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = ("__str__", "room", "bot", "created_by", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("room", "bot", "created_by")
    fields = ("room", "bot", "created_by", "label", "created_at", "last_used_at", "revoked_at")


@admin.register(OutgoingWebhook)
class OutgoingWebhookAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = ("__str__", "bot", "created_by", "created_at", "failures", "disabled_at", "disabled_reason")
    list_select_related = ("bot", "created_by")
    # The path of an address may be a secret, as that of an incoming webhook is.
    fields = ("bot", "created_by", "label", "events", "created_at", "failures", "disabled_at", "disabled_reason")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = ("key", "webhook", "event", "room", "created_at", "attempts", "status", "delivered_at", "error")
    list_select_related = ("webhook", "room")
    fields = list_display


@admin.register(BotCommand)
class BotCommandAdmin(KeysetAdmin, ReadOnlyAdmin):
    list_display = ("__str__", "webhook", "usage", "description", "room", "created_at")
    list_select_related = ("webhook", "room")
    fields = ("name", "webhook", "usage", "description", "room", "created_at")

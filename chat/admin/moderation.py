"""The moderation pages of the admin: open reports, the audit log and presence."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest

from chat.actions.reports import Outcome, Resolution, resolve
from chat.admin.base import ReadOnlyAdmin, shortened
from chat.admin.confirmation import Act, ConfirmingAdmin, MuteForm, confirmed, counted, duration_of
from chat.admin.filters import PersonFilter, RoomFilter, TypedFilter
from chat.admin.keyset import KeysetAdmin
from chat.auth import staff_text
from chat.models import AuditEntry, Person, Presence, Report


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        wanted = {"open": True, "resolved": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(resolved_at__isnull=wanted)


def _resolve(outcome: Outcome) -> Act:
    def act(actor: Person, rows: models.QuerySet[Report], data: Mapping[str, Any]) -> str:
        ruling = Resolution(outcome, data["reason"], **duration_of(data))
        with transaction.atomic():  # all or nothing
            # Resolving one report of a message resolves all others of that message.
            one_each = {report.message_id: report for report in rows.open().with_all()}  # type: ignore[attr-defined]
            resolved = sum(resolve(actor, report.room, report.pk, ruling) for report in one_each.values())
        return f"{counted(resolved, 'report', 'reports')} resolved."

    return act


@admin.register(Report)
class ReportAdmin(ConfirmingAdmin, KeysetAdmin, ReadOnlyAdmin):
    list_display = ("__str__", "quoted", "reason", "author", "room", "reporter", "created_at", "outcome")
    list_select_related = ("room", "reporter", "message__author")
    list_filter = (OpenFilter, RoomFilter)
    actions = ("dismiss", "delete", "mute", "ban")
    fields = (
        "room", "message", "author", "whole", "reason", "reporter", "created_at", "resolved_at", "resolved_by",
        "outcome",
    )  # fmt: skip

    @admin.display(description="message")
    def quoted(self, report: Report) -> str:
        return shortened(staff_text.of_report(report), 140)

    @admin.display(description="text when reported")
    def whole(self, report: Report) -> str:
        return staff_text.of_report(report)

    @admin.display(description="author")
    def author(self, report: Report) -> str:
        return str(report.message.author or "system")

    dismiss = confirmed("Dismiss the selected reports…", "Dismiss", _resolve(Outcome.DISMISSED))
    delete = confirmed("Delete the reported messages…", "Delete messages", _resolve(Outcome.DELETED))
    mute = confirmed(
        "Delete the reported messages and mute their authors…",
        "Delete and mute",
        _resolve(Outcome.MUTED),
        form=MuteForm,
    )
    ban = confirmed("Delete the reported messages and ban their authors…", "Delete and ban", _resolve(Outcome.BANNED))


class TextFilter(TypedFilter):
    """Filter by the content of a text column, ignoring case."""

    def matching(self, queryset: models.QuerySet, value: str) -> models.QuerySet:
        return queryset.filter(**{f"{self.parameter_name}__iexact": value})


class ActorFilter(TextFilter):
    title, parameter_name = "actor", "actor"


class AuditPersonFilter(TextFilter):
    title, parameter_name = "person", "person"


class AuditRoomFilter(TextFilter):
    title, parameter_name = "room", "room"


@admin.register(AuditEntry)
class AuditAdmin(KeysetAdmin, ReadOnlyAdmin):
    """The audit log. It is read-only, even for superusers."""

    list_display = ("at", "who", "action", "person", "room", "seq", "count", "reason", "detail")
    list_display_links = ("at",)
    list_filter = ("action", ActorFilter, AuditPersonFilter, AuditRoomFilter)
    fields = ("at", "actor", "actor_id", "action", "person", "person_id", "room", "seq", "count", "reason", "detail")
    actions = None

    @admin.display(description="actor")
    def who(self, entry: AuditEntry) -> str:
        return entry.actor or "system"


@admin.register(Presence)
class PresenceAdmin(KeysetAdmin, ReadOnlyAdmin):
    """The people who are online, their rooms, and the worker that serves each connection."""

    list_display = ("person", "room", "worker")
    list_select_related = ("person", "room", "worker")
    list_filter = (RoomFilter, PersonFilter)
    fields = ("person", "room", "worker")
    actions = None

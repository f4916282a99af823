"""The moderation pages of the admin: open reports, the audit log and presence."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse

from chat.actions.reports import Outcome, Resolution, resolve
from chat.admin.base import ReadOnlyAdmin, shortened
from chat.admin.confirmation import ConfirmingAdmin, MuteForm, ReasonForm
from chat.admin.filters import PersonFilter, RoomFilter, TypedFilter
from chat.admin.keyset import KeysetAdmin
from chat.auth import permissions
from chat.auth.current_person import person_of
from chat.models import AuditEntry, Presence, Report


class OpenFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        return [("open", "Open"), ("resolved", "Resolved")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        wanted = {"open": True, "resolved": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(resolved_at__isnull=wanted)


@admin.register(Report)
class ReportAdmin(ConfirmingAdmin, KeysetAdmin, ReadOnlyAdmin):
    list_display = ("__str__", "quoted", "reason", "author", "room", "reporter", "created_at", "outcome")
    list_select_related = ("room", "reporter", "message__author")
    list_filter = (OpenFilter, RoomFilter)
    actions = ("dismiss", "delete", "mute", "ban")
    fields = (
        "room", "message", "author", "quote", "reason", "reporter", "created_at", "resolved_at", "resolved_by",
        "outcome",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Report | None = None) -> Any:
        return self.fields

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.MODERATE)

    @admin.display(description="message")
    def quoted(self, report: Report) -> str:
        return shortened(report.quote, 140)

    @admin.display(description="author")
    def author(self, report: Report) -> str:
        return str(report.message.author or "system")

    @admin.action(description="Dismiss the selected reports…", permissions=["moderate"])
    def dismiss(self, request: HttpRequest, queryset: models.QuerySet[Report]) -> HttpResponse | None:
        return self._resolve(request, queryset, Outcome.DISMISSED, "Dismiss")

    @admin.action(description="Delete the reported messages…", permissions=["moderate"])
    def delete(self, request: HttpRequest, queryset: models.QuerySet[Report]) -> HttpResponse | None:
        return self._resolve(request, queryset, Outcome.DELETED, "Delete messages")

    @admin.action(description="Delete the reported messages and mute their authors…", permissions=["moderate"])
    def mute(self, request: HttpRequest, queryset: models.QuerySet[Report]) -> HttpResponse | None:
        return self._resolve(request, queryset, Outcome.MUTED, "Delete and mute")

    @admin.action(description="Delete the reported messages and ban their authors…", permissions=["moderate"])
    def ban(self, request: HttpRequest, queryset: models.QuerySet[Report]) -> HttpResponse | None:
        return self._resolve(request, queryset, Outcome.BANNED, "Delete and ban")

    def _resolve(
        self, request: HttpRequest, queryset: models.QuerySet[Report], outcome: Outcome, title: str
    ) -> HttpResponse | None:
        def act(rows: models.QuerySet[Report], data: Mapping[str, Any]) -> str:
            hours = data.get("hours")
            resolution = Resolution(outcome, data["reason"], None if hours is None else timedelta(hours=hours))
            resolved = 0
            with transaction.atomic():  # all or nothing
                # Resolving one report of a message resolves all others of that message.
                one_each = {report.message_id: report for report in rows.open().with_all()}  # type: ignore[attr-defined]
                for report in one_each.values():
                    resolved += resolve(person_of(request), report.room, report.pk, resolution)
            return f"{resolved} {'report' if resolved == 1 else 'reports'} resolved."

        form = MuteForm if outcome == Outcome.MUTED else ReasonForm
        return self.confirmed(request, queryset, act, title=title, form=form)


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

    def get_readonly_fields(self, request: HttpRequest, obj: AuditEntry | None = None) -> Any:
        return self.fields

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

    def get_readonly_fields(self, request: HttpRequest, obj: Presence | None = None) -> Any:
        return self.fields

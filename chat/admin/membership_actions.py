"""Admin actions on memberships: moderation within one room."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from chat.actions import sanctions
from chat.admin.confirmation import ConfirmingAdmin, MuteForm, ReasonForm
from chat.auth import permissions
from chat.auth.current_person import person_of
from chat.models import Membership


class SanctionFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        return [("banned", "Banned"), ("muted", "Muted"), ("moderators", "Moderators and owners")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.with_sanction(self.value() or "all")  # type: ignore[attr-defined]


class MembershipActions(ConfirmingAdmin):
    actions = ("mute", "unmute", "ban", "unban", "remove")

    def label_of(self, row: Membership) -> str:
        return format_html("<bdi>{}</bdi> in <bdi>{}</bdi>", row.person, row.room)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.MODERATE)

    @admin.action(description="Mute…", permissions=["moderate"])
    def mute(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        return self._impose(request, queryset, sanctions.mute, "Mute", "muted", MuteForm)

    @admin.action(description="Unmute…", permissions=["moderate"])
    def unmute(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        return self._impose(request, queryset, sanctions.unmute, "Unmute", "unmuted")

    @admin.action(description="Ban…", permissions=["moderate"])
    def ban(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        return self._impose(request, queryset, sanctions.ban, "Ban", "banned")

    @admin.action(description="Unban…", permissions=["moderate"])
    def unban(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        return self._impose(request, queryset, sanctions.unban, "Unban", "unbanned")

    @admin.action(description="Remove from room…", permissions=["moderate"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Membership]) -> HttpResponse | None:
        return self._impose(request, queryset, sanctions.close_membership, "Remove from room", "removed")

    def _impose(
        self,
        request: HttpRequest,
        queryset: QuerySet[Membership],
        impose: Callable[..., None],
        title: str,
        done: str,
        form: type[ReasonForm] = ReasonForm,
    ) -> HttpResponse | None:
        def act(rows: QuerySet[Membership], data: Mapping[str, Any]) -> str:
            hours = data.get("hours")
            duration = {"duration": None if hours is None else timedelta(hours=hours)} if form is MuteForm else {}
            memberships = list(rows.select_related("person", "room__head"))
            with transaction.atomic():  # all or nothing
                for membership in memberships:
                    impose(person_of(request), membership.room, membership.person, reason=data["reason"], **duration)
            return f"{len(memberships)} {'person' if len(memberships) == 1 else 'people'} {done}."

        return self.confirmed(request, queryset, act, title=title, form=form)

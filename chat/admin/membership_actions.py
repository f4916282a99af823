"""Admin actions on memberships: moderation within one room."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from chat.actions import sanctions
from chat.admin.confirmation import Act, ConfirmingAdmin, MuteForm, confirmed, counted, duration_of
from chat.models import Membership, Person


class SanctionFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        return [("banned", "Banned"), ("muted", "Muted"), ("moderators", "Moderators and owners")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.with_sanction(self.value() or "all")  # type: ignore[attr-defined]


def _for_each(impose: Callable[..., None], done: str) -> Act:
    def act(actor: Person, rows: QuerySet[Membership], data: Mapping[str, Any]) -> str:
        memberships = list(rows.select_related("person", "room__head"))
        with transaction.atomic():  # all or nothing
            for membership in memberships:
                impose(actor, membership.room, membership.person, reason=data["reason"], **duration_of(data))
        return f"{counted(len(memberships), 'person', 'people')} {done}."

    return act


class MembershipActions(ConfirmingAdmin):
    actions = ("mute", "unmute", "ban", "unban", "remove")

    def label_of(self, row: Membership) -> str:
        return format_html("<bdi>{}</bdi> in <bdi>{}</bdi>", row.person, row.room)

    mute = confirmed("Mute…", "Mute", _for_each(sanctions.mute, "muted"), form=MuteForm)
    unmute = confirmed("Unmute…", "Unmute", _for_each(sanctions.unmute, "unmuted"))
    ban = confirmed("Ban…", "Ban", _for_each(sanctions.ban, "banned"))
    unban = confirmed("Unban…", "Unban", _for_each(sanctions.unban, "unbanned"))
    remove = confirmed("Remove from room…", "Remove from room", _for_each(sanctions.close_membership, "removed"))

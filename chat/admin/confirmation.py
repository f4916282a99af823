"""List actions with a confirmation page: the number of rows, a reason, and further fields."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from chat.admin.base import ChatAdmin
from chat.auth import permissions
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.models import Person
from chat.models.memberships import REASON_MAX_LENGTH

TEMPLATE = "admin/chat/confirm.html"
# Rows listed by name on the confirmation page.
SHOWN = 20

# Acts as a person on rows, with the data of the form. Returns the success message.
Act = Callable[[Person, models.QuerySet[Any], Mapping[str, Any]], str]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=REASON_MAX_LENGTH,
        required=False,
        help_text="Recorded in the audit log and shown to anyone you mute.",
    )


class MuteForm(ReasonForm):
    hours = forms.TypedChoiceField(
        choices=[(1, "1 hour"), (24, "1 day"), (24 * 7, "1 week"), (24 * 30, "30 days"), ("", "Permanently")],
        coerce=int,
        initial=1,
        empty_value=None,
        required=False,
        label="Duration",
    )


class ConfirmingAdmin(ChatAdmin):
    """An admin whose actions ask for confirmation.

    `may_take_all` also allows an action on all rows that match the filters, not only on those selected on the page.
    """

    may_take_all = False

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.MODERATE)

    def label_of(self, row: Any) -> str:
        """Return the name of a row for the confirmation page."""
        return str(row)

    def context(
        self, request: HttpRequest, queryset: models.QuerySet[Any], form: forms.Form, title: str
    ) -> dict[str, Any]:
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            "action": request.POST["action"],
            "selected": selected,
            "rows": [self.label_of(row) for row in queryset.filter(pk__in=selected[:SHOWN])],
            "more": max(len(selected) - SHOWN, 0),
            "may_take_all": self.may_take_all,
            "address": request.get_full_path(),
        }


def confirmed(
    description: str,
    title: str,
    act: Act,
    *,
    form: type[forms.Form] = ReasonForm,
    permission: str = "moderate",
    among: Callable[[Any], Any] = lambda rows: rows,
) -> Callable[..., HttpResponse | None]:
    """Return an admin action that shows the confirmation page, and acts once it is confirmed.

    `among` chooses the rows among those selected.
    """

    @admin.action(description=description, permissions=[permission])
    def action(
        model_admin: ConfirmingAdmin, request: HttpRequest, queryset: models.QuerySet[Any]
    ) -> HttpResponse | None:
        rows, is_confirmed = among(queryset), "confirmed" in request.POST
        bound_form = form(request.POST if is_confirmed else None)
        if is_confirmed and bound_form.is_valid():
            try:
                messages.success(request, act(person_of(request), rows, bound_form.cleaned_data))
            except ActionError as refusal:
                messages.error(request, str(refusal))
            return None
        return TemplateResponse(request, TEMPLATE, model_admin.context(request, rows, bound_form, title))

    return action


def duration_of(data: Mapping[str, Any]) -> dict[str, timedelta | None]:
    """Return the duration of a `MuteForm` as a keyword argument, and nothing for another form."""
    if "hours" not in data:
        return {}
    return {"duration": None if data["hours"] is None else timedelta(hours=data["hours"])}


def counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"

"""The admin page of failed jobs."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from chat.actions.jobs import administration
from chat.admin.base import ReadOnlyAdmin
from chat.admin.confirmation import Act, ConfirmingAdmin, ReasonForm, confirmed, counted
from chat.models import Job, Person
from chat.models.memberships import REASON_MAX_LENGTH


class DiscardForm(ReasonForm):
    reason = forms.CharField(max_length=REASON_MAX_LENGTH, required=False, help_text="Recorded in the audit log.")


class RetryForm(ReasonForm):
    reason = forms.CharField(
        max_length=REASON_MAX_LENGTH,
        required=False,
        help_text="Recorded in the audit log. An email that was interrupted (WorkerLost) may arrive twice.",
    )


def _each(decide: Callable[..., int], done: str) -> Act:
    def act(actor: Person, rows: models.QuerySet[Job], data: Mapping[str, Any]) -> str:
        number = decide(actor, rows, reason=data["reason"])
        return f"{counted(number, 'task', 'tasks')} {done}."

    return act


@admin.register(Job)
class JobAdmin(ConfirmingAdmin, ReadOnlyAdmin):
    """Failed jobs. The arguments of tasks are ids and plain values, never what people write."""

    list_display = ("function", "values", "error", "attempts", "finished_at")
    list_display_links = ("function",)
    list_filter = ("queue",)
    ordering = ("-finished_at",)
    actions = ("try_again", "discard")
    fields = ("function", "values", "queue", "attempts", "created_at", "started_at", "finished_at", "error", "details")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Job]:
        return super().get_queryset(request).filter(status=Job.State.FAILED)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Failed tasks", **(extra_context or {})})

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(administration.PERMISSION)

    @admin.display(description="task", ordering="task")
    def function(self, job: Job) -> str:
        return job.task.removeprefix("chat.actions.tasks.")

    @admin.display(description="arguments")
    def values(self, job: Job) -> str:
        positional = [json.dumps(it) for it in job.arguments["args"]]
        return ", ".join([*positional, *(f"{name}={json.dumps(it)}" for name, it in job.arguments["kwargs"].items())])

    @admin.display(description="error", ordering="error_class")
    def error(self, job: Job) -> str:
        return job.error_class.rpartition(".")[2]

    @admin.display(description="details")
    def details(self, job: Job) -> str:
        return format_html("<pre>{}</pre>", job.traceback)

    try_again = confirmed(
        "Try again…",
        "Try again",
        _each(administration.try_again, "will run again"),
        form=RetryForm,
        permission="decide",
    )
    discard = confirmed(
        "Discard…", "Discard", _each(administration.discard, "discarded"), form=DiscardForm, permission="decide"
    )

"""Admin actions on messages: delete, restore, erase and export."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.html import format_html

from chat.actions import audit, removal
from chat.actions.audit import Action
from chat.actions.removal import DELETE, ERASE, MAX_MESSAGES, RESTORE, BulkOperation, BulkRequest
from chat.admin.base import shortened
from chat.admin.confirmation import Act, ConfirmingAdmin, confirmed, counted
from chat.auth import permissions, staff_text
from chat.auth.current_person import person_of
from chat.exports import messages as message_export
from chat.models import Message, Person
from chat.views import form_errors


def _in_bulk(operation: BulkOperation, done: str) -> Act:
    def act(actor: Person, rows: QuerySet[Message], data: Mapping[str, Any]) -> str:
        ids = rows.order_by("-pk").values_list("pk", flat=True)[:MAX_MESSAGES]
        number = removal.execute(operation, BulkRequest(actor, data["reason"]), ids)
        return f"{counted(number, 'message', 'messages')} {done}."

    return act


class MessageActions(ConfirmingAdmin):
    may_take_all = True
    actions = ("delete", "restore", "erase")

    def label_of(self, row: Message) -> str:
        text = shortened(staff_text.of_message(row), 80)
        who = row.author or "system"
        return format_html("#{} in <bdi>{}</bdi> by <bdi>{}</bdi>: <bdi>{}</bdi>", row.seq, row.room, who, text)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.ERASE)

    delete = confirmed(
        "Delete the selected messages…",
        "Delete messages",
        _in_bulk(DELETE, "deleted"),
        among=lambda rows: rows.filter(deleted_at=None),
    )
    restore = confirmed(
        "Restore the selected messages…",
        "Restore messages",
        _in_bulk(RESTORE, "restored"),
        among=lambda rows: rows.exclude(deleted_at=None).exclude(body=""),
    )
    erase = confirmed(
        "Permanently erase the selected messages…",
        "Permanently erase messages",
        _in_bulk(ERASE, "erased"),
        permission="erase",
        among=lambda rows: rows.exclude(body=""),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        names = [("csv", "CSV"), ("jsonl", "JSON Lines")]
        return super().changelist_view(request, {"export_forms": names, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        export = self.admin_site.admin_view(self.export)
        return [path("export/<slug:form>/", export, name="chat_message_export"), *super().get_urls()]

    def export(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """Stream the messages that match the filters and the search as a file. The audit log records the export."""
        if request.method != "POST" or form not in message_export.FORMATS or not self.has_view_permission(request):
            raise Http404
        write, content_type = message_export.FORMATS[form]
        messages = self.get_changelist_instance(request).queryset
        query = request.GET.urlencode() or "all messages"
        person = person_of(request)
        response = form_errors.download(request, person.pk, write(messages), content_type, f"messages.{form}")
        if response.status_code == 200:
            audit.record(person, Action.EXPORT, detail=f"{form}: {query}")
        return response

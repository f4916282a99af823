"""The files of all people, to search and to remove. Their contents are not shown here."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html

from chat.actions.files import withdrawal
from chat.admin.base import MAX_SEARCH_CHARACTERS, ReadOnlyAdmin
from chat.admin.confirmation import ConfirmingAdmin, ReasonForm, confirmed, counted
from chat.admin.filters import PersonFilter
from chat.admin.keyset import KeysetAdmin
from chat.auth import permissions, staff_text
from chat.models import File, Person
from chat.models.files import FileQuerySet
from chat.text import cleaning


class OwnerFilter(PersonFilter):
    title = "owner"
    parameter_name = "owner"
    field = "owner"


class RemovalForm(ReasonForm):
    """A form with a reason that no one but staff sees."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "Recorded in the audit log. The messages stay, and say that staff did this."


def _remove(actor: Person, rows: models.QuerySet[File], data: Mapping[str, Any]) -> str:
    number = withdrawal.withdraw(actor, rows, reason=data["reason"])  # type: ignore[arg-type]
    return f"{counted(number, 'file', 'files')} removed."


@admin.register(File)
class FileAdmin(ConfirmingAdmin, KeysetAdmin, ReadOnlyAdmin):
    list_display = ("shown_name", "owner", "shown_size", "kind", "state", "used", "created_at")
    list_select_related = ("owner", "attachment__message__room")
    list_filter = ("kind", "state", OwnerFilter)
    search_fields = ("name", "owner__name")
    search_help_text = "Searches the name of the file and of its owner."
    actions = ("remove",)
    fields = (
        *("shown_name", "shown_alt", "owner", "shown_size", "kind", "media_type", "state", "refusal", "used"),
        *("width", "height", "created_at", "expires_at"),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Search names with one query on people. A name that is not shown does not match."""
        if word := cleaning.clean_line(search_term, MAX_SEARCH_CHARACTERS):
            named = Person.objects.filter(name__icontains=word).values("pk")
            queryset = queryset.filter(staff_text.files_named(word) | models.Q(owner__in=named))
        return queryset, False

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permissions.ERASE)

    def label_of(self, row: File) -> str:
        return format_html("<bdi>{}</bdi> of <bdi>{}</bdi>", staff_text.of_file(row), row.owner or "no one")

    @admin.display(description="name")
    def shown_name(self, file: File) -> str:
        return staff_text.of_file(file)

    @admin.display(description="description")
    def shown_alt(self, file: File) -> str:
        return file.alt and staff_text.of_file(file, "alt")

    @admin.display(description="size", ordering="size")
    def shown_size(self, file: File) -> str:
        return filesizeformat(file.size)

    @admin.display(description="used by")
    def used(self, file: File) -> str:
        if message := staff_text.message_of(file):
            address = reverse("admin:chat_message_change", args=[message.pk])
            return format_html('<a href="{}">#{} in <bdi>{}</bdi></a>', address, message.seq, message.room)
        return "nothing yet" if file.expires_at else "a profile or a link preview"

    remove = confirmed(
        "Remove the selected files of messages…",
        "Remove files",
        _remove,
        form=RemovalForm,
        permission="erase",
        among=FileQuerySet.of_messages,
    )

"""The message history of all rooms, to search and read."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.text import smart_split, unescape_string_literal

from chat.adapters.django_admin import ChangeList
from chat.admin.base import MAX_SEARCH_CHARACTERS, ReadOnlyAdmin, shortened
from chat.admin.calendar import Calendar, local_date
from chat.admin.filters import AuthorFilter, DeletedFilter, RoomFilter
from chat.admin.keyset import KeysetAdmin, KeysetChangeList
from chat.admin.message_actions import MessageActions
from chat.auth import staff_text
from chat.models import File, Message, Person, Reaction
from chat.text import cleaning

SHORTENED_CHARACTERS = 140
MAX_SEARCH_WORDS = 8


class HistoryChangeList(KeysetChangeList):
    @cached_property
    def calendar(self) -> Calendar | None:
        """Return the date navigation, or None while there are no messages."""
        dates = self.root_queryset.order_by("created_at").values_list("created_at", flat=True)
        first, last = dates.first(), dates.last()
        return Calendar(self, local_date(first), local_date(last)) if first and last else None


@admin.register(Message)
class MessageAdmin(MessageActions, KeysetAdmin, ReadOnlyAdmin):
    change_list_template = "admin/chat/message/change_list.html"
    list_display = ("number", "shortened", "room", "author", "written", "state")
    list_select_related = ("room", "author")
    list_filter = (RoomFilter, AuthorFilter, DeletedFilter)
    date_hierarchy = "created_at"
    search_fields = ("body", "author__name")
    search_help_text = (
        "Searches the text and the author’s name. All words must match. Use “quotes” to match an exact phrase."
    )
    fields = (
        "room", "seq", "author", "whole", "files", "state", "answered", "reactions",
        "created_at", "edited_at", "deleted_at", "rev", "client_id",
    )  # fmt: skip

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return HistoryChangeList

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Message]:
        return super().get_queryset(request).defer("html")

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Search the author's name with one query on people, rather than with a join on each message.

        A text that is not shown does not match. Otherwise a search could find out what it says.
        """
        for word in _words(search_term)[:MAX_SEARCH_WORDS]:
            named = Person.objects.filter(name__icontains=word).values("pk")
            queryset = queryset.filter(staff_text.matching(word) | models.Q(author__in=named))
        return queryset, False

    @admin.display(description="message")
    def number(self, message: Message) -> str:
        return f"#{message.seq}"

    @admin.display(description="text")
    def shortened(self, message: Message) -> str:
        return shortened(staff_text.of_message(message), SHORTENED_CHARACTERS)

    @admin.display(description="posted", ordering="created_at")
    def written(self, message: Message) -> str:
        return date_format(timezone.localtime(message.created_at), "Y-m-d H:i")

    @admin.display(description="text")
    def whole(self, message: Message) -> str:
        return staff_text.of_message(message)

    @admin.display(description="state")
    def state(self, message: Message) -> str:
        if message.is_deleted:
            return "erased" if message.is_erased else "deleted"
        return "edited" if message.edited_at else ""

    @admin.display(description="in reply to")
    def answered(self, message: Message) -> str:
        if message.reply_to is None:
            return ""
        replies_to = Message.objects.filter(room_id=message.room_id, seq=message.reply_to)
        target = replies_to.select_related("room").first()
        if target is None:
            return f"#{message.reply_to}"
        address = reverse("admin:chat_message_change", args=[target.pk])
        return format_html('<a href="{}">#{}: <bdi>{}</bdi></a>', address, target.seq, self.shortened(target))

    @admin.display(description="files")
    def files(self, message: Message) -> str:
        """List the files by name. They have no links, because the admin shows messages and not files."""
        if not staff_text.is_shown(message.room):
            return staff_text.HIDDEN if message.has else ""
        files = File.objects.filter(attachment__message=message).order_by("attachment__position")
        rows = ((it.name, filesizeformat(it.size), it.get_state_display().lower()) for it in files)
        return format_html_join(", ", "<bdi>{}</bdi> ({}, {})", rows)

    @admin.display(description="reactions")
    def reactions(self, message: Message) -> str:
        given = Reaction.objects.on([message.pk]).select_related("person")
        return format_html_join(", ", "{} <bdi>{}</bdi>", ((it.emoji, it.person.name) for it in given))


def _words(term: str) -> list[str]:
    """Split a search into words. Quoted words stay together."""
    words: list[str] = []
    for bit in smart_split(cleaning.clean_line(term, MAX_SEARCH_CHARACTERS)):
        quoted = len(bit) > 1 and bit[0] == bit[-1] and bit[0] in "\"'"
        words.append(unescape_string_literal(bit) if quoted else bit)
    return [word for word in words if word]

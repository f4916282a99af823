"""Keyset pagination for any table. Every page takes the same time, and rows are never counted."""

from typing import Any, cast

from django.core.paginator import Paginator
from django.db import models
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from chat.adapters.django_admin import ChangeList, IncorrectLookupParameters
from chat.admin.base import ChatAdmin

OLDER, NEWER = "before", "after"


class KeysetChangeList(ChangeList):
    """A change list by descending id. `?before=<id>` is the page of lower ids, `?after=<id>` that of higher ones."""

    older_link: str | None = None
    newer_link: str | None = None

    def __init__(self, request: HttpRequest, *args: Any):
        self.before, self.after = (_id(request.GET.get(name, "")) for name in (OLDER, NEWER))
        super().__init__(request, *args)

    def get_filters(self, request: HttpRequest) -> Any:
        """Remove the page parameters, so that links and forms built from the filters start at the newest row."""
        for name in (OLDER, NEWER):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:  # the date is out of range
            raise IncorrectLookupParameters(error) from error

    def get_ordering(self, request: HttpRequest, queryset: models.QuerySet) -> list[str | Combinable]:
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        """Read the page in two queries: the ids, which an index alone may answer, then the rows."""
        ids = self._ids()
        rows = self.root_queryset.select_related(*self._related()).in_bulk(ids)
        self.result_list = [rows[pk] for pk in ids if pk in rows]
        self.result_count = len(self.result_list)
        self.full_result_count, self.show_full_result_count = None, False
        self.show_admin_actions = self.result_count > 0
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(self.result_list, self.list_per_page)

    def _ids(self) -> list[int]:
        limit = self.list_per_page
        keys = self.queryset.values_list("pk", flat=True)
        if self.after is not None:
            ids = list(keys.filter(pk__gt=self.after).order_by("pk")[: limit + 1])
            more_newer, more_older = len(ids) > limit, True
            ids = ids[:limit][::-1]
        else:
            ids = list((keys.filter(pk__lt=self.before) if self.before is not None else keys)[: limit + 1])
            more_newer, more_older = self.before is not None, len(ids) > limit
            ids = ids[:limit]
        lowest = ids[-1] if ids else (self.after or 0) + 1
        highest = ids[0] if ids else (self.before or 1) - 1
        self.older_link = self.get_query_string({OLDER: lowest}) if more_older else None
        self.newer_link = self.get_query_string({NEWER: highest}) if more_newer else None
        return cast(list[int], ids)

    def _related(self) -> tuple[str, ...]:
        related = self.list_select_related
        return tuple(related) if isinstance(related, list | tuple) else ()

    def apply_select_related(self, qs: models.QuerySet) -> models.QuerySet:
        """Skip the join while reading ids."""
        return qs


class KeysetAdmin(ChatAdmin):
    """An admin of a table that grows without limit."""

    change_list_template = "admin/chat/keyset_change_list.html"
    list_per_page = 100
    list_max_show_all = 0
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList


def _id(value: str) -> int | None:
    """Return the id in a query string, or None if a database column cannot hold it."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None

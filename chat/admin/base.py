"""The base of every admin class: an allow-list of lookups, no deletion, and writes by actions only."""

from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import Truncator

from chat.adapters.django_admin import get_fields_from_path
from chat.errors import ActionError
from chat.forms.fields import AddressField
from chat.text import cleaning

# Limit of a search or filter text. The rest is ignored.
MAX_SEARCH_CHARACTERS = 200


def shortened(body: str, limit: int) -> str:
    """Return the beginning of `body` on one line. The text is cleaned first: `Truncator` normalises its input."""
    return Truncator(cleaning.clean_line(body, 4 * limit)).chars(limit)


class ChatAdmin(admin.ModelAdmin):
    """An admin that shows refused writes as a message and accepts only the filters it offers.

    Django allows lookups on every column of the model and on the primary key of a related model. With a filter such as
    `sessions__session_key__startswith`, staff with view permission could read a secret letter by letter.
    """

    # Staff moderate rooms that they cannot open on the site.
    view_on_site = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    formfield_overrides = {models.EmailField: {"form_class": AddressField}}
    # Lookups that links on our own pages use, beside those of the filters and the calendar.
    linked_lookups: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Decide by the name of the lookup alone, so that a refusal reveals nothing about the value."""
        return lookup in self._offered_lookups(cast(HttpRequest, request))

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Accept only the primary key, which each row's URL contains already."""
        return to_field == self.opts.pk.attname

    def _offered_lookups(self, request: HttpRequest) -> set[str]:
        dates = {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")} if self.date_hierarchy else ()
        filters = (self._parameters(it, request) for it in self.get_list_filter(request))
        return {*self.linked_lookups, *dates, *(name for names in filters for name in names)}

    def _parameters(self, list_filter: Any, request: HttpRequest) -> Iterable[str]:
        """Return the names in the query string that a filter reads."""
        if isinstance(list_filter, type) and issubclass(list_filter, admin.SimpleListFilter):
            return (str(list_filter.parameter_name),)
        path, kind = list_filter if isinstance(list_filter, tuple) else (list_filter, admin.FieldListFilter.create)
        field = get_fields_from_path(self.model, path)[-1]
        return kind(field, request, {}, self.model, self, field_path=path).expected_parameters()

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        return super().get_search_results(request, queryset, cleaning.clean_line(search_term, MAX_SEARCH_CHARACTERS))

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ActionError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(ChatAdmin):
    """An admin without add, change and delete. Its `fields` are shown."""

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

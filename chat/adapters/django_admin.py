"""The undocumented parts of Django's admin that the site uses: the change list, and the fields that a lookup names.

This is apart from the adapter of Django, because the models import that one and only the admin needs this one.
"""

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.contrib.admin.views.main import ChangeList

__all__ = ["ChangeList", "IncorrectLookupParameters", "get_fields_from_path", "unquote"]

# The methods that the site overrides or calls, with their parameters.
CHANGE_LIST_METHODS = {
    "apply_select_related": ("qs",),
    "get_filters": ("request",),
    "get_ordering": ("request", "queryset"),
    "get_query_string": ("new_params",),
    "get_results": ("request",),
}
# The attributes that the site reads, and those that the templates read after `get_results` has set them.
CHANGE_LIST_ATTRIBUTES = (
    "date_hierarchy",
    "filter_params",
    "list_per_page",
    "list_select_related",
    "params",
    "queryset",
    "root_queryset",
    "can_show_all",
    "full_result_count",
    "multi_page",
    "paginator",
    "result_count",
    "result_list",
    "show_admin_actions",
    "show_full_result_count",
)
FIELDS_PARAMETERS = ("model", "path")

"""What the site uses of Django's admin that is undocumented: the change list, and the fields that a lookup names.

Apart from the adapter of Django, which the models load: the admin alone needs these.
"""

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList

__all__ = ["ChangeList", "IncorrectLookupParameters", "get_fields_from_path"]

# The methods that the site overrides or calls, with their parameters.
CHANGE_LIST_METHODS = {
    "apply_select_related": ("qs",),
    "get_filters": ("request",),
    "get_ordering": ("request", "queryset"),
    "get_query_string": ("new_params",),
    "get_results": ("request",),
}
# Those that the site reads, and those that the pages read of what the site sets in `get_results`.
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

"""The installed Django's admin has the parts that the site uses."""

import inspect

from django.contrib.admin.options import IncorrectLookupParameters, ModelAdmin
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList

from chat.adapters import django_admin as adapter
from chat.models import Message
from tests.adapters.holding import changed_in_source, changed_methods


def test_the_change_list_has_what_the_site_overrides():
    assert changed_methods("django_admin", ChangeList, adapter.CHANGE_LIST_METHODS) == []
    module = inspect.getmodule(ChangeList)
    assert changed_in_source("django_admin", module, adapter.CHANGE_LIST_ATTRIBUTES) == []


def test_invalid_lookup_redirects_to_the_list():
    assert IncorrectLookupParameters.__name__ in ModelAdmin.changelist_view.__wrapped__.__code__.co_names, (
        "django changed ModelAdmin.changelist_view: it does not expect IncorrectLookupParameters"
    )


def test_the_fields_of_a_path_are_found_as_before():
    assert tuple(inspect.signature(get_fields_from_path).parameters) == adapter.FIELDS_PARAMETERS
    assert [it.name for it in get_fields_from_path(Message, "author__name")] == ["author", "name"]

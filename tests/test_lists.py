"""Lists that grow with use are bounded for each request."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.test import RequestFactory

from chat.models import Person, Room
from chat.views import profiles
from tests.cases import each
from tests.cast import PASSWORD

ADMINS = [it for model, it in admin.site._registry.items() if model._meta.app_label == "chat"]


def test_the_profile_lists_this_browser_and_some_of_the_others(signed_in, alice, monkeypatch):
    monkeypatch.setattr(profiles, "DEVICES_LISTED", 3)
    first, *_ = [signed_in(alice) for _ in range(5)]
    page = first.get("/accounts/profile/")
    assert [device.is_here for device in page.context["devices"]] == [True, False, False]
    assert "This list shows the 3 most recently used devices" in page.text


@each("one", ADMINS)
def test_admin_never_lists_every_room_or_person(db, one):
    request = RequestFactory().get("/")
    request.user = Person.objects.create_superuser("root", PASSWORD)
    form = one.get_form(request)
    choices = [it for it in form.base_fields.values() if isinstance(it, forms.ModelChoiceField)]
    listed = [it for it in choices if it.queryset.model in (Room, Person)]
    assert [it for it in listed if not isinstance(getattr(it.widget, "widget", it.widget), AutocompleteSelect)] == []
    relations = {field.name for field in one.model._meta.get_fields() if field.related_model in (Room, Person)}
    assert not relations & {str(it) for it in one.get_list_filter(request)}
    assert one.list_per_page <= 100
    assert one.list_max_show_all <= 200

"""Query strings of the admin: only the lookups that its own pages offer are allowed."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import models
from django.test import RequestFactory

from chat.actions.accounts import issue_token
from chat.admin.base import ChatAdmin
from chat.models import Message, Person, Session, Token
from tests.cases import each
from tests.cast import PASSWORD, say

ADMINS = sorted(admin.site._registry.values(), key=lambda it: it.opts.label)
OPERATORS = ["", "__exact", "__startswith", "__iregex", "__regex", "__in", "__lt", "__gt", "__isnull", "__contains"]
# Columns that contain credentials, identify a person or a text, or are hidden from some staff.
SECRETS = {
    (Session, Session._meta.pk.name),
    (Session, "session_data"),
    (Token, "digest"),
    (Person, "password"),
    (Person, "email"),
    (Message, "client_id"),
    (Message, "fingerprint"),
}


def columns(model: type[models.Model], *, steps: int, path: str = "") -> Iterator[tuple[str, models.Field]]:
    """Yield the lookups of all columns within this many relations of a model, in either direction."""
    for field in model._meta.get_fields(include_hidden=True):
        name = f"{path}{field.name}"
        if field.is_relation and field.related_model and steps:
            yield from columns(field.related_model, steps=steps - 1, path=f"{name}__")
        if getattr(field, "concrete", False):
            yield name, field


def secret_lookups(model_admin: admin.ModelAdmin, steps: int) -> list[str]:
    found = columns(model_admin.model, steps=steps)
    return [name for name, field in found if (field.model, field.name) in SECRETS]


@pytest.fixture
def viewer(db: None) -> Person:
    """Return staff who may view everything and change nothing."""
    person = Person.objects.create_user("viewer", PASSWORD, is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return person


def test_each_admin_has_the_allow_list():
    assert [it for it in ADMINS if not isinstance(it, ChatAdmin)] == []


@each("model_admin", ADMINS)
def test_admin_allows_only_the_lookups_that_it_offers(model_admin):
    offered = model_admin._offered_lookups(RequestFactory().get("/"))
    names = [f"{name}{operator}" for name, _ in columns(model_admin.model, steps=2) for operator in OPERATORS]
    assert len(names) > 50
    allowed = {name for name in names if model_admin.lookup_allowed(name, "x", RequestFactory().get("/"))}
    assert allowed <= offered
    assert not {name for name in allowed if "__" in name.removesuffix("__exact").removesuffix("__isnull")}


@each("model_admin", ADMINS)
def test_no_list_filters_sorts_or_searches_by_a_secret(model_admin):
    shown = {*model_admin.search_fields, *map(str, model_admin.list_filter), *model_admin.list_display}
    shown |= {str(getattr(getattr(model_admin, it, None), "admin_order_field", "")) for it in model_admin.list_display}
    mail = {"email"} if model_admin.model is Person else set()
    assert shown.isdisjoint(set(secret_lookups(model_admin, 2)) - mail)


@each("model_admin", ADMINS)
def test_secret_cannot_be_asked_for_letter_by_letter(model_admin, viewer, alice, hall, signed_in):
    browser = signed_in(viewer)
    say(alice, hall)
    issue_token(alice)
    held = Session.objects.get(person=viewer).pk
    address = f"/admin/{model_admin.opts.app_label}/{model_admin.opts.model_name}/"
    assert browser.get(address).status_code == 200
    for name in secret_lookups(model_admin, 1):
        for operator in ("__startswith", "__exact", "__regex", "__in", "__gt", ""):
            right, wrong = (browser.get(address, {f"{name}{operator}": it}) for it in (held, "0"))
            assert (right.status_code, right.content) == (400, wrong.content), name


def test_session_key_of_the_report_is_refused(viewer, signed_in):
    browser = signed_in(viewer)
    key = Session.objects.get(person=viewer).pk
    query = {"id__exact": viewer.pk, f"sessions__{Session._meta.pk.name}__startswith": key[0]}
    assert browser.get("/admin/chat/person/", query).status_code == 400


@each("model_admin", ADMINS)
def test_rows_are_referred_to_by_their_primary_key_only(model_admin, viewer, signed_in):
    address = f"/admin/{model_admin.opts.app_label}/{model_admin.opts.model_name}/"
    for field in model_admin.opts.get_fields():
        status = signed_in(viewer).get(address, {"_to_field": field.name}).status_code
        assert status == (200 if field is model_admin.opts.pk else 400), field.name


@each("model_admin", ADMINS)
def test_list_is_sorted_by_shown_columns_only(model_admin, viewer):
    for number in [*range(-2, len(model_admin.list_display) + 3), "password", "sessions"]:
        request = RequestFactory().get("/", {"o": number})
        request.user = viewer
        changelist = model_admin.get_changelist_instance(request)
        names = {str(it).lstrip("-") for it in changelist.get_ordering(request, model_admin.get_queryset(request))}
        shown = {changelist.get_ordering_field(it) for it in model_admin.list_display}
        assert names <= {*map(str, shown), *(it.lstrip("-") for it in model_admin.ordering or ()), "pk"}


def test_autocomplete_of_people_needs_the_permission_to_view_them(viewer, alice, signed_in):
    query = {"app_label": "chat", "model_name": "membership", "field_name": "person", "term": "alice@"}
    assert signed_in(viewer).get("/admin/autocomplete/", query).json()["results"] == [
        {"id": str(alice.pk), "text": "alice"}
    ]
    viewer.user_permissions.remove(Permission.objects.get(codename="view_person"))
    assert signed_in(viewer).get("/admin/autocomplete/", query).status_code == 403


@each(
    ("address", "query"),
    [
        ("person", "is_active__exact=1"),
        ("person", "is_guest__exact=0&o=1"),
        ("room", "visibility__exact=private"),
        ("room", "archived_at__isempty=1"),
        ("membership", "role__exact=owner&held=muted&room=hall&person=alice"),
        ("message", "created_at__year=2024&created_at__month=4&created_at__day=1&deleted=no&before=9"),
        ("auditentry", "action__exact=ban&actor=alice&person=bob&room=hall"),
        ("report", "state=open"),
        ("file", "kind__exact=image&state__exact=ready&owner=alice&before=9"),
    ],
)
def test_filters_of_the_lists_go_on_working(viewer, signed_in, address, query):
    assert signed_in(viewer).get(f"/admin/chat/{address}/?{query}").status_code == 200

"""Every path that changes a row outside of a view: the admin, signals, sign-ins and cascades. A new one fails here."""

import inspect

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, update_last_login
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models
from django.db.models import signals
from django.test import Client, RequestFactory

from chat.actions.accounts import issue_token
from chat.models import AuditEntry, Person, RoomHead
from tests.cast import PASSWORD, say

ADMINS = sorted(admin.site._registry.values(), key=lambda it: it.opts.label)


@pytest.fixture
def request_of_chief(db):
    request = RequestFactory().get("/")
    request.user = Person.objects.create_superuser("chief", PASSWORD)
    return request


def belongs_to_django(method):
    return inspect.getmodule(method).__name__.startswith("django.")


@pytest.mark.parametrize("model_admin", ADMINS, ids=lambda it: it.opts.label)
def test_every_admin_form_saves_through_an_action(model_admin, request_of_chief):
    writes = model_admin.has_add_permission(request_of_chief) or model_admin.has_change_permission(request_of_chief)
    if not writes:
        return
    assert not belongs_to_django(type(model_admin).save_model)
    many = [it.name for it in model_admin.opts.many_to_many]
    if set(many) & set(model_admin.get_form(request_of_chief).base_fields) or model_admin.model is Person:
        assert not belongs_to_django(type(model_admin).save_related)


@pytest.mark.parametrize("model_admin", ADMINS, ids=lambda it: it.opts.label)
def test_the_admin_deletes_groups_only_and_has_no_other_form(model_admin, request_of_chief):
    deletes = model_admin.has_delete_permission(request_of_chief)
    assert deletes == (model_admin.model is Group)
    assert ("delete_selected" in model_admin.get_actions(request_of_chief)) == deletes
    assert (list(model_admin.inlines), tuple(model_admin.list_editable)) == ([], ())
    if deletes:
        assert not belongs_to_django(type(model_admin).delete_model)
        assert not belongs_to_django(type(model_admin).delete_queryset)


@pytest.mark.parametrize("model_admin", ADMINS, ids=lambda it: it.opts.label)
def test_bulk_actions_are_the_sites_own(model_admin, request_of_chief):
    for name, (function, _, _) in model_admin.get_actions(request_of_chief).items():
        assert name == "delete_selected" or not belongs_to_django(function), name


def receivers(signal):
    return [reference() for _, reference, *_ in signal.receivers]


def test_only_the_last_sign_in_is_written_by_a_signal():
    quiet = [signals.pre_save, signals.post_save, signals.pre_delete, signals.post_delete, signals.m2m_changed]
    assert [receivers(it) for it in [*quiet, user_logged_out, user_login_failed]] == [[]] * 7
    assert receivers(user_logged_in) == [update_last_login]


def test_people_sign_in_by_the_known_backend_only():
    assert settings.AUTHENTICATION_BACKENDS == ["chat.auth.authentication.PersonBackend"]


def test_signing_in_changes_nothing_but_when_that_was(alice, hall, signed_in):
    browser, token = signed_in(alice), issue_token(alice)
    say(alice, hall)
    before = Person.objects.filter(pk=alice.pk).values().get()
    heads = list(RoomHead.objects.values())
    assert Client().post("/accounts/login/", {"username": "alice", "password": PASSWORD}).status_code == 302
    after = Person.objects.filter(pk=alice.pk).values().get()
    assert {name for name in before if before[name] != after[name]} == {"last_login"}
    assert browser.get("/api/rooms/").status_code == 200
    assert Client(headers={"Authorization": f"Bearer {token}"}).get("/api/rooms/").status_code == 200
    assert (list(RoomHead.objects.values()), AuditEntry.objects.count()) == (heads, 0)


# By what is deleted: the rows that go along. Messages never do, and a person with messages stays as a deleted person.
CASCADES = {
    "chat.Person": {
        "admin.LogEntry",
        "chat.Block",
        "chat.Bookmark",
        "chat.CommandCall",
        "chat.ImportedItem",
        "chat.IncomingWebhook",
        "chat.JoinRequest",
        "chat.Membership",
        "chat.Mention",
        "chat.NotificationChannel",
        "chat.OutgoingWebhook",
        "chat.Presence",
        "chat.PushSubscription",
        "chat.Session",
        "chat.Token",
    },
    "chat.File": {"chat.FilePiece"},
    "chat.Room": {
        "chat.BotCommand",
        "chat.Bookmark",
        "chat.FollowerCursor",
        "chat.ImportedItem",
        "chat.IncomingWebhook",
        "chat.Invitation",
        "chat.JoinRequest",
        "chat.Membership",
        "chat.Mention",
        "chat.Presence",
        "chat.Report",
        "chat.RoomHead",
        "chat.Token",
        "chat.WebhookDelivery",
    },
    "chat.OutgoingWebhook": {"chat.BotCommand", "chat.WebhookDelivery"},
    "chat.Message": {"chat.Attachment", "chat.Preview", "chat.Reaction", "chat.Report"},
    "chat.Worker": {"chat.Presence"},
    "contenttypes.ContentType": {"auth.Permission"},
}


def test_cascades_are_known():
    found = {}
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if (
                (field.many_to_one or field.one_to_one)
                and field.concrete
                and field.remote_field.on_delete is models.CASCADE
            ):
                found.setdefault(field.related_model._meta.label, set()).add(model._meta.label)
    assert found == CASCADES

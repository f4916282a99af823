"""The installed Django has the parts that the site uses."""

import importlib

import pytest
from django.contrib.sessions.backends import db
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.sqlite3 import base as sqlite
from django.db.models.query import ModelIterable
from django.forms.models import BaseModelForm
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test.utils import CaptureQueriesContext

from chat.adapters import django as adapter
from chat.models import Message
from chat.serializers import Person
from tests.adapters.holding import changed_attributes, changed_methods
from tests.cast import say


def test_the_handler_of_requests_has_what_the_site_uses():
    assert changed_methods("django", ASGIHandler, adapter.HANDLER_METHODS) == []
    assert "get_response" in vars(BaseHandler), "django changed BaseHandler.get_response"


def test_end_of_a_response_names_its_handler():
    response = HttpResponse()
    assert changed_attributes("django", response, ["_handler_class"]) == []
    adapter.name_handler(response, ASGIHandler)
    assert response._handler_class is ASGIHandler
    assert "_handler_class" in HttpResponseBase.close.__code__.co_names, "django changed HttpResponseBase.close"


def test_the_body_of_a_request_is_where_it_is_freed(rf):
    request = rf.post("/", b"a piece", content_type="application/octet-stream")
    assert request.body == vars(request)["_body"], "django changed HttpRequest.body"


def test_a_form_of_a_model_has_what_the_site_overrides():
    assert changed_methods("django", BaseModelForm, adapter.FORM_METHODS) == []
    assert "_get_validation_exclusions" in BaseModelForm._post_clean.__code__.co_names, "django changed _post_clean"


@pytest.fixture
def compiler(db):
    queryset = Message.objects.select_related("author")
    return queryset, queryset.query.get_compiler(DEFAULT_DB_ALIAS)


def test_the_compiler_has_what_the_site_uses(compiler):
    queryset, compiler = compiler
    compiler.as_sql()
    assert changed_attributes("django", compiler, adapter.COMPILER_ATTRIBUTES) == []
    assert changed_methods("django", type(compiler), adapter.COMPILER_METHODS) == []
    assert changed_attributes("django", queryset, ["_iterable_class"]) == []
    assert queryset._iterable_class is ModelIterable, "django changed QuerySet._iterable_class"


def test_compiler_describes_classes_with_the_expected_keys(compiler):
    _, compiler = compiler
    compiler.as_sql()
    [related] = compiler.klass_info["related_klass_infos"]
    keys = {*adapter.CLASS_INFO_KEYS, *adapter.RELATED_CLASS_INFO_KEYS}
    assert keys <= related.keys(), f"django changed klass_info: it lacks {keys - related.keys()}"
    assert (compiler.klass_info["model"], related["model"]) == (Message, Person), "django changed klass_info"


def test_a_connection_has_what_the_site_looks_at(db):
    assert changed_attributes("django", connections[DEFAULT_DB_ALIAS], adapter.CONNECTION_ATTRIBUTES) == []


def test_a_server_in_development_records_no_queries_and_takes_the_path_of_production(settings, alice, hall):
    importlib.import_module("chatsite.asgi")
    settings.DEBUG = True
    say(alice, hall)
    assert list(connection.queries_log) == []
    assert adapter.is_plain(connection) or connection.vendor != "sqlite"
    with CaptureQueriesContext(connection) as recorded:
        say(alice, hall)
    assert len(recorded) > 0


def test_the_places_of_values_are_found_as_djangos_cursor_finds_them():
    assert changed_attributes("django", sqlite, ["FORMAT_QMARK_REGEX"]) == []
    written = sqlite.SQLiteCursorWrapper.convert_query(None, "a = %s AND b LIKE '%%'")
    assert adapter.with_question_marks("a = %s AND b LIKE '%%'") == written, "django changed SQLite's convert_query"


def test_the_session_store_has_what_the_site_overrides():
    assert changed_methods("django", db.SessionStore, adapter.SESSION_METHODS) == []
    assert changed_attributes("django", db.SessionStore("a" * 32), ["_session_key"]) == []

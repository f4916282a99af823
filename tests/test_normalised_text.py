"""The text that reaches `unicodedata.normalize` from each entry point: nothing long, no long runs of marks."""

import json
import types
import unicodedata
from encodings import idna
from urllib import parse
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from chat import search
from chat.actions import accounts
from chat.actions.imports import people as people_import
from chat.errors import ActionError
from chat.models import Message, Person
from chat.protocol import Edit
from tests.cases import each
from tests.cast import PASSWORD, ask, say
from tests.test_normal_forms import longest_run

HEAP = "a" + "\u0315\u0300\u302e" * 4_000
ADDRESS = "//" + "a" + "\u0315\u0300" * 1_000
SHORT = HEAP[:40]
LONG = "é" * 12_000
MOST = 254  # characters of an email address


@pytest.fixture
def normalised(monkeypatch):
    """Return the texts that Django, Python and the site have normalised."""
    seen, real = [], unicodedata.normalize
    forget(seen)

    def normalize(form, value):
        seen.append(value)
        return real(form, value)

    older = types.SimpleNamespace(normalize=normalize, unidata_version=idna.unicodedata.unidata_version)
    for name in ("combining", "bidirectional", "category"):
        setattr(older, name, getattr(idna.unicodedata, name))
    monkeypatch.setattr(unicodedata, "normalize", normalize)
    monkeypatch.setattr(idna, "unicodedata", older)
    return seen


def check(seen, most=MOST):
    found = list(seen)  # looking at them normalises
    runs = [longest_run(value) for value in found]
    forget(seen)
    assert max(map(len, found), default=0) <= most
    assert max(runs, default=0) <= 30


def forget(seen):
    seen.clear()
    parse.clear_cache()  # of addresses that were parsed before


FORMS = [
    ("/join/", {"name": HEAP, "next": HEAP}),
    ("/join/", {"name": SHORT, "next": ADDRESS}),
    ("/accounts/login/", {"username": HEAP, "password": HEAP, "next": HEAP}),
    ("/accounts/login/", {"username": SHORT, "password": HEAP, "next": ADDRESS}),
    ("/admin/login/", {"username": HEAP, "password": HEAP, "next": HEAP}),
    ("/admin/login/", {"username": SHORT, "password": HEAP, "next": ADDRESS}),
    ("/accounts/signup/", {"name": HEAP, "email": f"a@{HEAP}.b", "password1": HEAP, "password2": HEAP}),
    ("/accounts/signup/", {"name": SHORT, "email": f"a@{HEAP[:250]}", "password1": HEAP, "password2": HEAP}),
    ("/accounts/password_reset/", {"email": f"a@{HEAP}"}),
    ("/accounts/password_reset/", {"email": f"a@{HEAP[:250]}"}),
    ("/accounts/logout/", {"next": ADDRESS}),
]


@each(("path", "fields"), FORMS)
def test_forms_for_strangers(alice, normalised, path, fields):
    Client().post(path, fields)
    check(normalised)


@each("path", ["/accounts/login/", "/admin/login/", "/accounts/signup/", "/"])
def test_redirect_addresses(db, normalised, path):
    Client().get(path, {"next": ADDRESS})
    check(normalised)


@each("path", ["/api/token/", "/api/join/"])
@each("name", [HEAP, LONG, SHORT])
def test_names_and_passwords_in_json(alice, normalised, path, name):
    body = json.dumps({"name": name, "username": name, "password": HEAP})
    Client().post(path, body, content_type="application/json")
    check(normalised)


SIGNED_IN = [
    ("/accounts/profile/", {"name": HEAP, "theme": HEAP, "notify": HEAP, "color": HEAP}),
    ("/accounts/tokens/", {"label": HEAP}),
    ("/accounts/tokens/", {"label": HEAP[:80]}),
    ("/accounts/email/", {"email": f"a@{HEAP[:250]}", "password": PASSWORD}),
    ("/accounts/delete/", {"password": HEAP, "name": HEAP}),
    ("/rooms/", {"name": HEAP, "topic": HEAP, "visibility": "public"}),
    ("/rooms/", {"name": "Attic", "topic": HEAP[:200], "visibility": "public"}),
    ("/rooms/hall/settings/", {"reason": HEAP[:300], "archived": "on"}),
]


@each(("path", "fields"), SIGNED_IN)
def test_forms_for_people(signed_in, alice, hall, normalised, path, fields):
    signed_in(alice).post(path, fields)
    check(normalised, most=1_200)


def test_the_name_by_which_a_guest_deletes_the_account(signed_in, gil, normalised):
    signed_in(gil).post("/accounts/delete/", {"name": HEAP})
    check(normalised)


@each("path", ["/search/", "/api/search/"])
@each("query", [{"q": HEAP, "room": HEAP}, {"q": "x", "room": HEAP}, {"q": HEAP[:200]}])
def test_searches(signed_in, alice, hall, normalised, path, query):
    signed_in(alice).get(path, query)
    check(normalised, most=320)


@each("typed", [f'from:"{HEAP[:180]}"', f"in:{HEAP[:190]}"])
def test_names_in_searches(alice, hall, normalised, typed):
    with pytest.raises(search.Unsearchable):
        search.find(alice, typed)
    check(normalised, most=320)


@each("path", [f"/rooms/{quote(HEAP)}/", f"/api/rooms/{quote(HEAP)}/messages/", f"/{quote(HEAP)}"])
def test_addresses(signed_in, alice, hall, normalised, path):
    signed_in(alice).get(path)
    check(normalised)


def test_headers_and_cookies(client, db, normalised):
    """They come as Latin-1, in which nothing decomposes to more than a letter and a mark."""
    client.cookies["theme"] = client.cookies["known"] = client.cookies[settings.SESSION_COOKIE_NAME] = "\xb4" * 4_000
    client.get("/", headers={"User-Agent": "\xb4" * 60_000, "Referer": "http://\xb4" + "\xb4" * 4_000})
    check(normalised, most=800)


def test_bodies_and_reasons_over_the_api(program, alice, hall, normalised):
    browser = program(alice)
    asked = {"client_id": "6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11", "body": HEAP[:8_000]}
    browser.post("/api/rooms/hall/messages/", json.dumps(asked), content_type="application/json")
    assert longest_run(Message.objects.latest("pk").body) <= 9, "an accent of the letter and eight marks"
    check(normalised, most=8_000)


def test_a_body_that_is_too_long_is_not_normalised(alice, hall, normalised):
    with pytest.raises(ActionError, match="at most 8,000"):
        say(alice, hall, HEAP)
    assert normalised == []


def test_edits(alice, hall, normalised):
    message = say(alice, hall)
    ask(alice, hall, Edit(seq=message.seq, body="@" + HEAP[:7_000]))
    check(normalised, most=8_000)


def test_the_name_of_a_plain_client(db, normalised):
    for name in (HEAP, LONG, SHORT):
        with pytest.raises(ActionError):
            accounts.plain_guest(name)
    check(normalised)


def test_imported_people(db, normalised):
    with pytest.raises(ActionError):
        people_import.import_people([(HEAP, "")], None)
    check(normalised)


@pytest.fixture
def staff_browser(db):
    client = Client()
    client.force_login(Person.objects.create_superuser("root", PASSWORD))
    return client


LISTS = ["person", "room", "message", "membership", "token", "report", "auditentry", "presence"]


@each("table", LISTS)
@each("name", ["q", "person", "room", "actor", "author"])
def test_searches_and_filters_of_the_admin(staff_browser, normalised, table, name):
    for value in (HEAP, LONG):
        staff_browser.get(f"/admin/chat/{table}/", {name: value})
    check(normalised, most=800)


ADMIN_FORMS = [
    ("person/add", {"name": HEAP, "email": f"a@{HEAP[:250]}"}),
    ("person/add", {"name": SHORT, "email": f"a@{HEAP}"}),
    ("room/add", {"name": HEAP, "topic": HEAP, "visibility": "public"}),
    ("room/add", {"name": SHORT, "topic": HEAP[:200], "visibility": "public"}),
]


@each(("path", "fields"), ADMIN_FORMS)
def test_forms_of_the_admin(staff_browser, normalised, path, fields):
    staff_browser.post(f"/admin/chat/{path}/", fields)
    check(normalised, most=800)


def test_old_messages_in_the_admin(staff_browser, alice, hall, normalised):
    message = say(alice, hall)
    Message.objects.filter(pk=message.pk).update(body=HEAP)
    assert staff_browser.get("/admin/chat/message/").status_code == 200
    check(normalised, most=2_500)

"""The devices where people are signed in, and signing them out."""

import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib import import_module

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.test import Client
from django.utils import timezone

from chat.actions import credentials
from chat.db.waiting import without_waiting
from chat.models import Epoch, Session, Token
from chat.models.session_keys import digest_of
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.cast import PASSWORD

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1"
PROFILE = "/accounts/profile/"
# Of SQLite, in chatsite/config/database.py.
LOCK_TIMEOUT_SECONDS = 20


def browser_of(person, user_agent):
    client = Client(headers={"User-Agent": user_agent})
    client.post("/accounts/login/", {"username": person.name, "password": PASSWORD})
    return client


def id_of(browser):
    return digest_of(browser.cookies["sessionid"].value)


def places(browser):
    return browser.get(PROFILE).context["devices"]


def test_devices_are_listed_with_browser_and_system_this_one_first(alice, bob):
    desktop, phone = browser_of(alice, FIREFOX), browser_of(alice, IPHONE)
    browser_of(bob, FIREFOX)
    shown = [(place.name, place.is_phone, place.is_here) for place in places(desktop)]
    assert shown == [("Firefox on Linux", False, True), ("Safari on iPhone", True, False)]
    assert [place.name for place in places(phone)] == ["Safari on iPhone", "Firefox on Linux"]


def test_signing_out_one_device_keeps_the_others(alice):
    here, there, elsewhere = browser_of(alice, FIREFOX), browser_of(alice, IPHONE), browser_of(alice, "curl/8")
    [place] = [place for place in places(here) if place.name == "Safari on iPhone"]
    here.post(f"/accounts/sessions/{place.id}/end/")
    assert [signed_in_name(browser) for browser in (here, there, elsewhere)] == ["alice", "AnonymousUser", "alice"]


def test_signing_out_other_devices_keeps_this_one_and_other_people(alice, bob):
    here, there, other = browser_of(alice, FIREFOX), browser_of(alice, IPHONE), browser_of(bob, FIREFOX)
    page = here.post("/accounts/sessions/end/", follow=True)
    assert "Signed out of 1 other device." in page.text
    assert [signed_in_name(browser) for browser in (here, there, other)] == ["alice", "AnonymousUser", "bob"]


def test_sessions_of_others_cannot_be_signed_out(alice, bob):
    hers, his = browser_of(alice, FIREFOX), browser_of(bob, FIREFOX)
    [place] = places(hers)
    page = his.post(f"/accounts/sessions/{place.id}/end/", follow=True)
    assert "already signed out" in page.text
    assert signed_in_name(hers) == "alice"


def test_profile_page_contains_no_session_key(alice):
    here, there = browser_of(alice, FIREFOX), browser_of(alice, IPHONE)
    page = here.get(PROFILE).text
    assert all(browser.cookies["sessionid"].value not in page for browser in (here, there))


def test_a_session_that_ran_out_is_not_shown(alice):
    here, there = browser_of(alice, FIREFOX), browser_of(alice, IPHONE)
    Session.objects.filter(pk=id_of(there)).update(expire_date=timezone.now())
    assert [place.name for place in places(here)] == ["Firefox on Linux"]


def test_when_a_session_was_last_used_is_known_to_ten_minutes(alice, django_assert_num_queries):
    browser = browser_of(alice, FIREFOX)
    with django_assert_num_queries(4):
        browser.get("/")
    long_ago = timezone.now() - timedelta(minutes=11)
    Session.objects.update(seen_at=long_ago)
    # PostgreSQL needs a savepoint and a setting around the update.
    with django_assert_num_queries(5 if connection.vendor == "sqlite" else 8):
        browser.get("/", headers={"User-Agent": IPHONE})
    session = Session.objects.get()
    assert (session.user_agent, session.seen_at > long_ago) == (IPHONE, True)


def test_a_page_is_shown_also_when_its_visit_cannot_be_recorded(alice, monkeypatch, caplog):
    browser = browser_of(alice, FIREFOX)
    Session.objects.update(seen_at=None)

    def refuse(*arguments, **fields):
        raise OperationalError("database is locked")

    monkeypatch.setattr("chat.models.sessions.SessionQuerySet.update", refuse)
    assert browser.get("/").status_code == 200
    assert "Could not record that a session or token was used" in caplog.text


@contextmanager
def locked_rows():
    """Hold a write lock on all sessions and tokens, from another connection."""
    other = connections.create_connection(DEFAULT_DB_ALIAS)
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("UPDATE django_session SET seen_at = seen_at")
            cursor.execute("UPDATE chat_token SET last_used_at = last_used_at")
        yield
    finally:
        other.rollback()
        other.close()


@pytest.mark.django_db(transaction=True)
def test_those_who_only_read_never_wait_for_a_writer(alice, hall, program):
    browser, api = browser_of(alice, FIREFOX), program(alice)
    Epoch.current()  # written once, at the first read of a new database
    Session.objects.update(seen_at=None)
    began_at = time.monotonic()
    with locked_rows():
        assert browser.get("/rooms/hall/").status_code == 200
        assert api.get("/api/rooms/").status_code == 200
    assert time.monotonic() - began_at < LOCK_TIMEOUT_SECONDS / 2
    assert (Session.objects.get().seen_at, Token.objects.get().last_used_at) == (None, None)
    assert (browser.get("/").status_code, api.get("/api/rooms/").status_code) == (200, 200)
    assert None not in (Session.objects.get().seen_at, Token.objects.get().last_used_at)


@pytest.mark.django_db(transaction=True)
def test_writes_wait_for_others_after_one_that_did_not():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL takes the limit of a transaction back by itself")
    with suppress(OperationalError), without_waiting():
        raise OperationalError("database is locked")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (LOCK_TIMEOUT_SECONDS * 1000,)


@each("agent", ["", "\0\x1b[2J", "x" * 5000, "\u202eevil"])
def test_no_user_agent_breaks_anything(alice, agent):
    browser = browser_of(alice, FIREFOX)
    Session.objects.update(seen_at=None)
    assert browser.get("/", headers={"User-Agent": agent}).status_code == 200
    assert len(Session.objects.get().user_agent) <= 200
    assert len(places(browser)) == 1


# ---- Beside the previous release, which uses Django's own store on the same table


def before(person):
    """Create a session as the previous release does: with Django's own columns only."""
    client = Client()
    client.force_login(person)
    Session.objects.filter(pk=id_of(client)).update(person=None, user_agent="", seen_at=None)
    return client


def test_earlier_sessions_stay_signed_in_and_are_listed_from_then_on(alice):
    browser = before(alice)
    assert signed_in_name(browser) == "alice"
    assert [place.is_here for place in places(browser)] == [True]


def test_signing_out_everywhere_ends_sessions_of_the_previous_release(alice, bob):
    here, old, other = browser_of(alice, FIREFOX), before(alice), before(bob)
    here.post("/accounts/sessions/end/")
    assert [signed_in_name(browser) for browser in (here, old, other)] == ["alice", "AnonymousUser", "bob"]


def test_previous_release_can_read_new_sessions(alice, settings):
    browser = browser_of(alice, FIREFOX)
    row = Session.objects.get(pk=id_of(browser))
    written = db.SessionStore().decode(row.session_data)
    assert written[SESSION_KEY] == str(alice.pk)
    assert written[BACKEND_SESSION_KEY] == "django.contrib.auth.backends.ModelBackend"
    assert [row.get_decoded()[BACKEND_SESSION_KEY]] == settings.AUTHENTICATION_BACKENDS
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    assert store.decode(db.SessionStore().encode({"a": 1})) == {"a": 1}


def test_sessions_that_ran_out_can_be_cleared(alice):
    from django.core.management import call_command

    browser_of(alice, FIREFOX)
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    kept = browser_of(alice, FIREFOX)
    call_command("clearsessions")
    assert [session.pk for session in Session.objects.all()] == [id_of(kept)]


def test_recording_many_uses_updates_only_stale_sessions(alice, django_assert_num_queries):
    from chat.auth.authentication import Credential

    browser_of(alice, FIREFOX)
    fresh, stale = Session.objects.get(), id_of(browser_of(alice, IPHONE))
    Session.objects.filter(pk=stale).update(seen_at=None)
    used = [Credential(alice.pk, "", session_id=it) for it in (fresh.pk, stale, *(f"${n}" for n in range(600)))]
    with django_assert_num_queries(2 if connection.vendor == "sqlite" else 5):
        credentials.record_use(used)
    assert Session.objects.get(pk=fresh.pk).seen_at == fresh.seen_at
    assert Session.objects.get(pk=stale).seen_at is not None

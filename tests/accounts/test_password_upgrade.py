"""Rehashing a password at a sign-in ends no session, closes no socket, and undoes no change."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import PBKDF2SHA1PasswordHasher, make_password
from django.test import Client, RequestFactory
from django.urls import reverse

from chat.actions import credentials
from chat.auth import authentication
from chat.models import Person
from tests.cast import PASSWORD

OLD = f"{__name__}.FastPBKDF2"
NEW = "django.contrib.auth.hashers.MD5PasswordHasher"


class FastPBKDF2(PBKDF2SHA1PasswordHasher):
    """The algorithm of an earlier release with one iteration. A million of them take 0.4 s for each hash."""

    iterations = 1


@pytest.fixture
def upgraded(settings, alice):
    """Return alice, whose password was hashed by an earlier release."""
    settings.PASSWORD_HASHERS = [NEW, OLD]
    alice.password = make_password(PASSWORD, hasher="pbkdf2_sha1")
    alice.save()
    return alice


def sign_in(client, password=PASSWORD):
    return client.post("/accounts/login/", {"username": "alice", "password": password}).status_code == 302


def is_in(client):
    return client.get("/api/rooms/").status_code == 200


def credential_of(client):
    request = RequestFactory().get("/")
    request.COOKIES.update({name: morsel.value for name, morsel in client.cookies.items()})
    [found] = authentication.from_sessions([request])
    return found[1]


def test_signing_in_rehashes_the_password_and_signs_no_one_out(upgraded, signed_in):
    elsewhere = signed_in(upgraded)
    socket = credential_of(elsewhere)
    here = Client()
    assert sign_in(here)
    upgraded.refresh_from_db()
    assert upgraded.password.startswith("md5")
    assert (is_in(elsewhere), is_in(here)) == (True, True)
    assert authentication.revoked([socket, credential_of(here)]) == set()


def test_rehashing_twice_keeps_the_first_sessions(upgraded, signed_in, settings):
    elsewhere = signed_in(upgraded)
    assert sign_in(Client())
    settings.PASSWORD_HASHERS = [OLD, NEW]
    assert sign_in(Client())
    assert is_in(elsewhere)
    assert Person.objects.get(pk=upgraded.pk).password.startswith("pbkdf2_sha1")


def test_new_password_ends_the_sessions_that_survived_a_rehash(upgraded, signed_in):
    elsewhere = signed_in(upgraded)
    assert sign_in(Client())
    person = Person.objects.get(pk=upgraded.pk)
    person.set_password("another good phrase")
    person.save(update_fields=["password"])  # as the release before: it knows no mark
    assert not is_in(elsewhere)


def test_a_session_made_by_the_release_before_stays(upgraded):
    assert sign_in(Client())
    before = Client()
    before.force_login(Person.objects.get(pk=upgraded.pk))
    session = before.session
    person = Person(password=Person.objects.get(pk=upgraded.pk).password)
    session["_auth_user_hash"] = person.get_session_auth_hash()
    session.save()
    assert is_in(before)


def test_rehashing_does_not_undo_a_password_change(upgraded):
    stale = Person.objects.get(pk=upgraded.pk)
    credentials.change_password(Person.objects.get(pk=upgraded.pk), "another good phrase")
    assert stale.check_password(PASSWORD), "it was theirs when the row was read"
    assert authenticate(None, username="alice", password=PASSWORD) is None
    assert authenticate(None, username="alice", password="another good phrase") is not None
    assert not Person.objects.get(pk=upgraded.pk).session_mark


def test_confirming_the_password_keeps_the_session(upgraded, signed_in):
    browser = signed_in(upgraded)
    assert browser.post(reverse("email"), {"email": "a@example.org", "password": PASSWORD}).status_code == 302
    assert Person.objects.get(pk=upgraded.pk).password.startswith("md5")
    assert is_in(browser)

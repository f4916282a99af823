"""Signing up, signing in and out, and changing the password."""

import pytest
from django.core import mail
from django.test import Client

from chat.auth import mail_queue
from chat.models import Person
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.cast import PASSWORD

NEW = {"name": "dora", "password1": "tr0mbone-quartet", "password2": "tr0mbone-quartet", "email": ""}


# ---- Signing up


def test_signing_up_signs_in(client, db, hall):
    response = client.post("/accounts/signup/?next=/rooms/hall/", NEW)
    assert (response.status_code, response["Location"]) == (302, "/rooms/hall/")
    assert signed_in_name(client) == "dora"
    assert not Person.objects.get(name="dora").is_guest


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "Bob"}, "name"),
        ({"name": "\u200bdora"}, "name"),
        ({"password2": "another-trombone"}, "password2"),
        ({"password1": "", "password2": ""}, "password1"),
        ({"password1": "12345678", "password2": "12345678"}, "password2"),
        ({"password1": "\0" * 12, "password2": "\0" * 12}, "password1"),
        ({"email": "not an address"}, "email"),
        ({"email": "a\0@example.org"}, "email"),
    ],
)
def test_form_explains_a_failed_sign_up(client, bob, fields, field):
    response = client.post("/accounts/signup/", NEW | fields)
    assert response.status_code == 400
    assert field in response.context["form"].errors
    assert Person.objects.count() == 1


def test_sign_ups_from_one_address_are_limited(db, settings):
    settings.CHAT_GUESTS_PER_MINUTE = 1
    assert Client().post("/accounts/signup/", NEW).status_code == 302
    response = Client().post("/accounts/signup/", NEW | {"name": "erin"})
    assert (response.status_code, "Retry-After" in response) == (429, True)


def test_signed_in_person_is_not_asked_to_sign_up(signed_in, bob, gil):
    assert signed_in(bob).get("/accounts/signup/")["Location"] == "/"
    assert signed_in(gil).get("/accounts/signup/")["Location"] == "/accounts/claim/"


# ---- Signing in and out


@pytest.mark.parametrize("name", ["alice", "ALICE", "Alice"])
def test_signing_in_does_not_ask_for_the_case_of_a_name(client, alice, name):
    response = client.post("/accounts/login/", {"username": name, "password": PASSWORD})
    assert response["Location"] == "/"
    assert signed_in_name(client) == "alice"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("alice", "wrong"),
        ("nobody", PASSWORD),
        ("gil", ""),
        ("a\0b", PASSWORD),
        ("alice", "\0"),
        ("\u202ealice", PASSWORD),
        ("x" * 100_000, "y" * 100_000),
    ],
)
def test_wrong_name_or_password_does_not_sign_in(client, alice, gil, name, password):
    response = client.post("/accounts/login/", {"username": name, "password": password})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert signed_in_name(client) == "AnonymousUser"


def test_guest_has_no_password_to_sign_in_with(gil):
    assert not Client().login(username="gil", password="")


def test_signing_out_takes_a_post(signed_in, alice):
    browser = signed_in(alice)
    assert browser.get("/accounts/logout/").status_code == 405
    assert browser.post("/accounts/logout/")["Location"] == "/"
    assert signed_in_name(browser) == "AnonymousUser"


def test_member_changes_their_password(signed_in, alice):
    fields = {"old_password": PASSWORD, "new_password1": NEW["password1"], "new_password2": NEW["password1"]}
    browser = signed_in(alice)
    assert (
        browser.get("/accounts/password_change/")
        .templates[0]
        .origin.name.endswith("/templates/registration/password_change_form.html")
    )
    assert browser.post("/accounts/password_change/", fields)["Location"] == "/accounts/password_change/done/"
    assert signed_in_name(browser) == "alice"
    assert Client().login(username="alice", password=NEW["password1"])


def test_guest_sets_a_first_password_instead_of_changing_one(signed_in, gil, client):
    assert signed_in(gil).get("/accounts/password_change/")["Location"] == "/accounts/claim/"
    assert client.get("/accounts/password_change/")["Location"] == "/?next=/accounts/password_change/"


def test_forgotten_password_is_reset_by_mail(client, alice):
    assert client.post("/accounts/password_reset/", {"email": "alice@example.org"}).status_code == 302
    mail_queue.wait()
    link = next(word for word in mail.outbox[0].body.split() if "/accounts/reset/" in word)
    form_page = client.get(link, follow=True)
    fields = {"new_password1": NEW["password1"], "new_password2": NEW["password1"]}
    assert client.post(form_page.request["PATH_INFO"], fields)["Location"] == "/accounts/reset/done/"
    assert Client().login(username="alice", password=NEW["password1"])


def test_a_reset_does_not_reveal_whether_an_account_exists(client, alice, gil):
    known = client.post("/accounts/password_reset/", {"email": "alice@example.org"})
    unknown = client.post("/accounts/password_reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    mail_queue.wait()
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "path", ["AA/set-password", "MQ/x-y", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5/x-y", "%00/%00", "💥/x"]
)
def test_broken_reset_link_is_a_page_with_a_way_out(client, db, path):
    response = client.get(f"/accounts/reset/{path}/")
    assert response.status_code == 200
    assert response.context["validlink"] is False


@pytest.mark.parametrize("name", ["login", "signup", "password_reset", "password_reset/done", "reset/done"])
def test_account_pages_use_the_sites_templates_and_need_no_sign_in(client, db, name):
    response = client.get(f"/accounts/{name}/")
    assert response.status_code == 200
    assert "/templates/registration/" in response.templates[0].origin.name
    assert "/contrib/" not in response.templates[0].origin.name


# ---- Forgery


@each("path", ["/join/", "/rooms/", "/accounts/signup/", "/accounts/login/", "/accounts/logout/"])
def test_form_of_another_site_is_refused_with_a_page(signed_in, alice, path):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    response = browser.post(path, {"name": "forged", "visibility": "public"})
    assert response.status_code == 403
    assert response.templates[0].name == "403_csrf.html"


# ---- A sign-in page in the tab of someone who has signed in meanwhile


@pytest.mark.parametrize(
    ("page", "goes_to"),
    [
        ("/accounts/login/", "/"),
        ("/accounts/login/?next=/rooms/hall/", "/rooms/hall/"),
        ("/accounts/login/?next=https://evil.example/", "/"),
        ("/accounts/login/?next=/accounts/login/", "/accounts/login/"),
        ("/?next=/rooms/hall/", "/rooms/hall/"),
    ],
)
def test_sign_in_page_redirects_someone_who_is_signed_in(signed_in, client, alice, page, goes_to):
    assert client.get(page).status_code == 200
    response = signed_in(alice).get(page)
    assert (response.status_code, response["Location"]) == (302, goes_to)


def test_no_address_of_the_welcome_page_redirects_forever(signed_in, alice):
    response = signed_in(alice).get("/?next=/accounts/login/%3Fnext=/%3Fnext=//evil.example", follow=True)
    assert (response.status_code, response.redirect_chain[-1][0]) == (200, "/?next=//evil.example")


def test_sign_in_form_of_an_old_page_signs_in_with_the_account_that_is_typed(signed_in, alice, bob):
    browser = signed_in(alice)
    browser.post("/accounts/login/", {"username": "bob", "password": PASSWORD})
    assert signed_in_name(browser) == "bob"

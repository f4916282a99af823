"""Guests: joining with a name alone, and setting a password to keep that name."""

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client

from chat.actions import accounts
from chat.errors import ActionError
from chat.models import Person, Room
from chat.text import cleaning
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.cast import PASSWORD


def test_a_name_is_enough_to_join(client, hall):
    response = client.post("/join/", {"name": "Zoë", "next": "/rooms/hall/"})
    assert (response.status_code, response["Location"]) == (302, "/rooms/hall/")
    assert signed_in_name(client) == "Zoë"
    assert Person.objects.get(name="Zoë").is_guest


def test_guest_lands_in_the_lobby(client, db):
    assert client.post("/join/", {"name": "Zoë"})["Location"] == "/rooms/lobby/"


def test_guest_lands_on_the_home_page_without_a_lobby(client, db):
    Room.objects.filter(slug="lobby").update(slug="foyer")
    assert client.post("/join/", {"name": "Zoë"})["Location"] == "/"


def test_joining_redirects_only_to_an_address_of_this_site(db):
    for name, going_to in (("Zoë", "https://evil.example/"), ("Yoë", "settings"), ("Xoë", "home")):
        assert Client().post("/join/", {"name": name, "next": going_to})["Location"] == "/rooms/lobby/"


def test_joining_gives_the_session_another_key(client, db):
    session = client.session
    session["seen"] = True
    session.save()
    client.post("/join/", {"name": "Zoë"})
    assert client.session.session_key != session.session_key


def test_signed_in_person_cannot_join_under_another_name(signed_in, bob, hall):
    browser = signed_in(bob)
    assert browser.post("/join/", {"name": "Zoë", "next": "/rooms/hall/"})["Location"] == "/rooms/hall/"
    assert signed_in_name(browser) == "bob"
    assert not Person.objects.filter(name="Zoë").exists()


UNUSABLE_NAMES = [
    ("", "Enter a name."),
    ("   ", "Enter a name."),
    ("x" * 41, "at most 40"),
    ("x" * 1_000_000, "at most 40"),
    ("a\0b", "Null characters"),
    ("ad\u200bmin", "invisible"),
    ("\u202enimda", "invisible"),
    ("…", "at least one letter or digit"),
]


@pytest.mark.parametrize(("name", "sentence"), UNUSABLE_NAMES)
def test_form_explains_an_invalid_name(client, db, name, sentence):
    response = client.post("/join/", {"name": name, "next": "/rooms/lobby/"})
    form = response.context["join_form"]
    assert response.status_code == 400
    assert sentence in form.errors["name"][0]
    assert form["next"].value() == "/rooms/lobby/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["%FF%FE", "%ED%A0%80"])
def test_invalid_utf8_in_a_name_is_refused(client, db, name):
    response = client.post("/join/", f"name={name}", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert "name" in response.context["join_form"].errors


@pytest.mark.parametrize("name", ["alice", "ALICE", "аlice", "ａlice", " alice "])
def test_a_name_that_looks_like_a_taken_one_is_refused(client, alice, name):
    response = client.post("/join/", {"name": name})
    assert response.status_code == 400
    assert "That name is taken" in response.context["join_form"].errors["name"][0]


def test_guests_join_only_where_they_are_allowed(client, bob, settings):
    settings.CHAT_GUESTS = False
    response = client.post("/join/", {"name": "Zoë"})
    assert response.status_code == 403
    assert "Guests can’t join this site" in response.text
    assert not client.get("/").context["guests_allowed"]
    assert not Person.objects.filter(name="Zoë").exists()


def test_new_guests_from_one_address_are_limited(db, settings):
    settings.CHAT_GUESTS_PER_MINUTE = 2
    answers = [Client(REMOTE_ADDR="192.0.2.1").post("/join/", {"name": f"guest {n}"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "Too many sign-ups from your network." in answers[2].content.decode()
    assert 1 <= int(answers[2]["Retry-After"]) <= 30
    assert Client(REMOTE_ADDR="192.0.2.2").post("/join/", {"name": "guest 4"}).status_code == 302


def test_invalid_name_does_not_count_for_the_address(client, db, settings):
    settings.CHAT_GUESTS_PER_MINUTE = 1
    assert client.post("/join/", {"name": "!!!"}).status_code == 400
    assert client.post("/join/", {"name": "Zoë"}).status_code == 302


# ---- Keeping the name


def test_guest_with_a_new_password_stays_signed_in_and_can_sign_in_again(signed_in, gil):
    browser = signed_in(gil)
    assert browser.get("/accounts/claim/").status_code == 200
    response = browser.post(
        "/accounts/claim/", {"password1": PASSWORD, "password2": PASSWORD, "email": "gil@example.org"}
    )
    assert response.status_code == 302
    assert signed_in_name(browser) == "gil"
    gil.refresh_from_db()
    assert (gil.is_guest, gil.email) == (False, "gil@example.org")
    assert Client().login(username="gil", password=PASSWORD)


def test_setting_a_password_signs_the_guest_out_elsewhere(signed_in, gil):
    here, elsewhere = signed_in(gil), signed_in(gil)
    here.post("/accounts/claim/", {"password1": PASSWORD, "password2": PASSWORD})
    assert signed_in_name(elsewhere) == "AnonymousUser"


@each("password", ["", "short", "12345678", "\0" * 12])
def test_guest_stays_a_guest_without_a_valid_password(signed_in, gil, password):
    response = signed_in(gil).post("/accounts/claim/", {"password1": password, "password2": password})
    assert response.status_code == 400
    gil.refresh_from_db()
    assert gil.is_guest


def test_claiming_is_for_guests(client, signed_in, bob):
    assert (
        signed_in(bob).post("/accounts/claim/", {"password1": "a", "password2": "b"})["Location"]
        == "/accounts/password_change/"
    )
    assert client.get("/accounts/claim/")["Location"] == "/?next=/accounts/claim/"
    assert Client().login(username="bob", password=PASSWORD)


@pytest.mark.parametrize("fake", ["BОB", "ВОВ", "bоb", "ＢＯＢ", "B0B"])
def test_look_alike_capitals_of_another_script_are_refused(client, bob, fake):
    assert client.post("/join/", {"name": fake}).status_code == 400


def test_names_equal_in_upper_or_lower_case_cannot_be_taken_twice(bob):
    """Two requests that both found it free: the database has the last word."""
    posing = Person(is_guest=True)
    posing.rename("BОB")
    with pytest.raises(ActionError, match="That name is taken"):
        accounts.save(posing)


def test_existing_people_keep_their_names_and_the_first_keeps_its_forms(bob):
    later = Person(name="BОB", handle="bоb", skeleton="as before", is_guest=True)
    later.save()
    Person.objects.update(small_skeleton=None, capital_skeleton=None)
    import_module("chat.migrations.0007_names").fill(apps, None)
    bob.refresh_from_db()
    later.refresh_from_db()
    assert (bob.small_skeleton, bob.capital_skeleton) == cleaning.skeletons("bob")[1:]
    assert (later.name, later.small_skeleton, later.capital_skeleton) == ("BОB", None, None)

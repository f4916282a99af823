"""The set-up page: how a new site gets its first owner."""

import threading

import pytest
from django.db import connection
from django.test import Client

from chat.actions import sign_up
from chat.auth import ownership
from chat.errors import ActionError
from chat.models import AuditEntry, Membership, Person, Room
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.cast import PASSWORD
from tests.logs import collected

SETUP = "/setup/"


def fields(**changes):
    code = ownership.setup_code()
    return {"code": code, "name": "Ada", "email": "", "password1": PASSWORD, "password2": PASSWORD, **changes}


def test_the_code_makes_the_first_owner_who_is_signed_in_and_owns_the_lobby(client, db):
    assert client.post(SETUP, fields(email="ada@example.org"))["Location"] == "/rooms/lobby/"
    assert signed_in_name(client) == "Ada"
    owner = Person.objects.get(name="Ada")
    assert (owner.is_superuser, owner.is_staff, owner.email) == (True, True, "ada@example.org")
    assert Membership.objects.get(person=owner, room__slug="lobby").role == Membership.Role.OWNER
    assert [(it.action, it.person) for it in AuditEntry.objects.all()] == [("add_person", "Ada")]
    assert client.get("/admin/").status_code == 200


def test_the_owner_needs_no_lobby(client, db):
    Room.objects.filter(slug="lobby").update(slug="foyer")
    assert client.post(SETUP, fields())["Location"] == "/"


def test_opening_the_page_writes_the_code_to_the_log(client, db):
    with collected() as lines:
        assert client.get(SETUP).status_code == 200
    assert [ownership.setup_code() in line.get("message", "") for line in lines] == [True]


def test_the_code_may_be_typed_without_hyphens_and_in_capitals(client, db):
    client.post(SETUP, fields(code=ownership.setup_code().replace("-", " ").upper()))
    assert Person.objects.filter(is_superuser=True).exists()


def test_the_code_follows_from_the_secret_key(settings):
    before = ownership.setup_code()
    settings.SECRET_KEY = "another one"
    assert len(before) == 23
    assert not ownership.is_setup_code(before)


@each("code", ["", "wrong", "x" * 41, "aaaaa-aaaaa-aaaaa-aaaaa", "\0"])
def test_without_the_code_nothing_is_created(client, db, code):
    response = client.post(SETUP, fields(code=code))
    assert response.status_code in (400, 403)
    assert not Person.objects.exists()


def test_wrong_codes_are_limited(client, db):
    answers = [client.post(SETUP, fields(code="wrong")).status_code for _ in range(7)]
    assert answers == [403] * 5 + [429] * 2
    assert client.post(SETUP, fields()).status_code == 429
    assert Client(REMOTE_ADDR="192.0.2.1").post(SETUP, fields()).status_code == 302


def test_a_weak_password_is_refused(client, db):
    response = client.post(SETUP, fields(password1="12345678", password2="12345678"))
    assert (response.status_code, "password2" in response.context["form"].errors) == (400, True)
    assert not Person.objects.exists()


def test_the_page_is_missing_once_there_is_an_owner(client, db, django_assert_num_queries):
    Person.objects.create_superuser("chief", PASSWORD)
    assert client.get(SETUP).status_code == 404
    with django_assert_num_queries(0):
        assert client.post(SETUP, fields()).status_code == 404


def test_members_and_an_inactive_superuser_do_not_own_the_site(client, alice):
    Person.objects.create_superuser("gone", PASSWORD, is_active=False)
    assert client.post(SETUP, fields()).status_code == 302
    assert Person.objects.get(name="Ada").is_superuser


def test_the_action_refuses_a_second_owner(db):
    sign_up.create_first_owner("Ada", PASSWORD, "")
    with pytest.raises(ActionError, match="has an owner already"):
        sign_up.create_first_owner("Eve", PASSWORD, "")


@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_at_once_one_makes_the_owner():
    answers, both = [], threading.Barrier(2, timeout=20)

    def send(name):
        both.wait()
        answers.append(Client().post(SETUP, fields(name=name)).status_code)
        connection.close()

    threads = [threading.Thread(target=send, args=[name]) for name in ("Ada", "Eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) in ([302, 400], [302, 404])
    assert Person.objects.filter(is_superuser=True).count() == 1


# ---- The first page


def test_first_page_of_a_site_without_people_leads_to_the_set_up(client, db, settings):
    settings.CHAT_GUESTS = False
    assert client.get("/")["Location"] == SETUP
    Person.objects.create_user("bob", PASSWORD)
    assert client.get("/").status_code == 200


def test_where_guests_can_join_the_first_page_only_links_to_the_set_up(client, db):
    assert f'href="{SETUP}"' in client.get("/").text
    client.post("/join/", {"name": "Zoë"})
    assert f'href="{SETUP}"' not in Client().get("/").text


def test_staff_find_the_admin_in_the_account_menu(signed_in, bob):
    link = 'href="/admin/"'
    assert link not in signed_in(bob).get("/").text
    assert link in signed_in(Person.objects.create_superuser("chief", PASSWORD)).get("/").text

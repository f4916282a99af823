"""Actions after an identity check fail if the check is out of date.

The password is changed between the check and the act, in the same thread: nothing here depends on time.
"""

import pytest
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from chat.actions import accounts, administration, credentials, staff_accounts
from chat.auth import login_throttle
from chat.errors import ActionError
from chat.forms.profiles import TokenForm
from chat.models import Person, Token
from tests.accounts.session import signed_in_name
from tests.cast import PASSWORD

NEW = "tr0mbone-quartet"
OTHER = "clarinet-s3xtet"


def change_password(person):
    administration.set_password(Person.objects.get(pk=person.pk), NEW)


@pytest.fixture
def after(monkeypatch):
    """Return `after(holder, name, act)`, which runs `act` once, right after the function of this name has returned."""

    def arrange(place, name, act):
        function = getattr(place, name)

        def function_and_act(*arguments, **options):
            answer = function(*arguments, **options)
            monkeypatch.setattr(place, name, function)
            act()
            return answer

        monkeypatch.setattr(place, name, function_and_act)

    return arrange


# ---- A password that was checked


def test_no_token_is_issued_if_the_password_changes_during_the_request(client, alice, after):
    after(login_throttle, "authenticate", lambda: change_password(alice))
    fields = {"username": "alice", "password": PASSWORD}
    answer = client.post("/api/token/", fields, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signed_out")
    assert not Token.objects.exists()
    answer = client.post("/api/token/", fields | {"password": NEW}, content_type="application/json")
    assert answer.status_code == 200


@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/?next=/admin/"])
def test_sign_in_with_a_password_changed_during_the_request_gives_no_valid_session(client, alice, after, page):
    administration.change_person(alice, {"is_staff": True})
    after(login_throttle, "authenticate", lambda: change_password(alice))
    client.post(page, {"username": "alice", "password": PASSWORD})
    assert signed_in_name(client) == "AnonymousUser"


@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("/accounts/email/", {"password": PASSWORD, "email": "evil@example.org"}),
        ("/accounts/delete/", {"password": PASSWORD}),
        ("/accounts/password_change/", {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}),
    ],
)
@pytest.mark.parametrize("deleted", ["keep", "erase"])
def test_an_action_confirmed_by_the_old_password_is_not_done(signed_in, alice, after, settings, page, fields, deleted):
    settings.CHAT_DELETED_ACCOUNTS = deleted
    browser = signed_in(alice)
    after(Person, "check_password", lambda: change_password(alice))
    answer = browser.post(page, fields)
    assert (answer.status_code, "You’ve been signed out. Sign in and try again." in answer.text) == (400, True)
    alice.refresh_from_db()
    assert (alice.email, alice.is_active, alice.check_password(NEW)) == ("alice@example.org", True, True)


def test_the_first_of_two_simultaneous_password_changes_wins(alice):
    first, second = Person.objects.get(pk=alice.pk), Person.objects.get(pk=alice.pk)
    credentials.change_password(first, NEW)
    with pytest.raises(ActionError, match="Sign in and try again"):
        credentials.change_password(second, OTHER)
    assert Person.objects.get(pk=alice.pk).check_password(NEW)


def test_password_reset_link_fails_if_the_password_changes_during_the_request(client, alice, after):
    """A password set between opening and sending the form makes the link invalid."""
    who = urlsafe_base64_encode(force_bytes(alice.pk))
    page = client.get(f"/accounts/reset/{who}/{default_token_generator.make_token(alice)}/", follow=True)
    after(SetPasswordForm, "clean", lambda: change_password(alice))
    answer = client.post(page.request["PATH_INFO"], {"new_password1": OTHER, "new_password2": OTHER})
    assert (answer.status_code, "This link has expired or has already been used" in answer.text) == (400, True)
    assert Person.objects.get(pk=alice.pk).check_password(NEW)


# ---- A session that was checked


def sign_out_everywhere(person):
    chief = accounts.sign_up("chief", PASSWORD)
    administration.change_person(chief, {"is_staff": True, "is_superuser": True})
    staff_accounts.sign_out_everywhere(chief, [person])


@pytest.mark.parametrize("end", [change_password, sign_out_everywhere])
def test_session_that_ended_during_the_request_creates_no_token(signed_in, alice, after, end):
    browser = signed_in(alice)
    after(TokenForm, "clean_label", lambda: end(alice))
    answer = browser.post("/accounts/tokens/", {"label": "script"})
    assert (answer.status_code, "You’ve been signed out. Sign in and try again." in answer.text) == (400, True)
    assert not Token.objects.valid().exists()


def test_an_ended_session_signs_no_one_out(signed_in, alice):
    here, there = signed_in(alice), signed_in(alice)
    credentials.end_session(there.session.session_key)
    with pytest.raises(ActionError, match="Sign in and try again"):
        credentials.sign_out_elsewhere(alice, there.cookies["sessionid"].value)
    assert signed_in_name(here) == "alice"


# ---- Guests who set a password


def test_setting_a_password_ends_the_guests_tokens_and_other_sessions(signed_in, gil):
    here, there, secret = signed_in(gil), signed_in(gil), accounts.issue_token(gil)
    here.post("/accounts/claim/", {"password1": NEW, "password2": NEW, "email": ""})
    assert [signed_in_name(here), signed_in_name(there)] == ["gil", "AnonymousUser"]
    assert Client().get("/api/rooms/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_a_guest_is_claimed_once(gil):
    first, second = Person.objects.get(pk=gil.pk), Person.objects.get(pk=gil.pk)
    accounts.claim(first, NEW)
    with pytest.raises(ActionError):
        accounts.claim(second, OTHER)
    assert Person.objects.get(pk=gil.pk).check_password(NEW)


# ---- The limit of tokens


@pytest.fixture
def many(alice):
    """Give alice the most tokens that a person may have, and some revoked ones."""
    accounts.issue_token(alice)
    credentials.revoke_token(alice, alice.tokens.get().pk)
    Token.objects.bulk_create(Token(person=alice, digest=str(n)) for n in range(accounts.MAX_TOKENS))


def test_number_of_tokens_is_limited_and_the_refusal_says_what_to_do(signed_in, client, alice, bob, many):
    page = signed_in(alice).post("/accounts/tokens/", {"label": "one more"})
    assert (page.status_code, "Revoke one" in page.text) == (400, True)
    fields = {"username": "alice", "password": PASSWORD}
    answer = client.post("/api/token/", fields, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert "Revoke one" in answer.json()["error"]["detail"]
    assert alice.tokens.valid().count() == accounts.MAX_TOKENS, "none was taken away"
    assert accounts.issue_token(bob)


def test_revoking_a_token_allows_creating_another(signed_in, alice, many):
    credentials.revoke_token(alice, alice.tokens.valid().first().pk)
    assert signed_in(alice).post("/accounts/tokens/", {"label": "one more"}).status_code == 200

"""The session table holds digests of keys, and the upgrade to that signs no one out."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import timezone

from chat.actions import session_keys
from chat.auth import authentication
from chat.models import Session, SessionKeyTransition
from chat.models.session_keys import GRACE, MARK, TRANSITION, digest_of
from chat.models.sessions import SessionStore
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.profile import release_before

pytestmark = pytest.mark.django_db


def key_of(browser):
    return browser.cookies["sessionid"].value


def browser_with(cookie):
    browser = Client()
    browser.cookies["sessionid"] = cookie
    return browser


def opens_socket(cookie):
    """The credential that a handshake with this cookie would get."""
    request = RequestFactory().get("/")
    request.COOKIES["sessionid"] = cookie
    [identity] = authentication.from_sessions([request])
    return identity and identity[1]


def stored():
    return set(Session.objects.values_list("pk", flat=True))


@pytest.fixture
def transition(db):
    """Workers of the release before may still run."""
    SessionKeyTransition.has_ended = False
    return SessionKeyTransition.objects.create(pk=1, until=timezone.now() + TRANSITION)


def end(transition, ago=GRACE * 2):
    SessionKeyTransition.objects.update(until=timezone.now() - ago)


def test_no_key_is_stored(alice, signed_in):
    browser = signed_in(alice)
    assert stored() == {digest_of(key_of(browser))}
    assert signed_in_name(browser) == "alice"
    assert opens_socket(key_of(browser)).person_id == alice.pk


@each("has_ended", [True, False])
def test_rows_of_the_session_table_sign_no_one_in(alice, signed_in, has_ended):
    signed_in(alice)
    [digest] = stored()
    SessionKeyTransition.has_ended = has_ended
    assert signed_in_name(browser_with(digest)) == "AnonymousUser"
    assert opens_socket(digest) is None


def test_a_plain_key_is_not_taken_once_the_transition_has_ended(alice, signed_in):
    browser = signed_in(alice)
    Session.objects.update(session_key=key_of(browser))
    assert signed_in_name(browser) == "AnonymousUser"
    assert opens_socket(key_of(browser)) is None


def test_a_new_site_stores_no_plain_key(alice, signed_in):
    SessionKeyTransition.has_ended = False
    signed_in(alice)
    assert all(pk.startswith(MARK) for pk in stored())


def test_both_releases_know_each_other_s_sessions_during_a_restart(alice, signed_in, transition):
    by_this_release = key_of(signed_in(alice))
    by_the_one_before = release_before.sign_in(alice)
    for key in (by_this_release, by_the_one_before):
        assert release_before.person_of(key) == alice
        assert signed_in_name(browser_with(key)) == "alice"
        assert opens_socket(key).person_id == alice.pk


def test_replacing_the_keys_signs_no_one_out(alice, bob, signed_in, transition):
    browsers = [signed_in(alice), signed_in(bob)]
    end(transition)
    assert [session_keys.continue_conversion(), session_keys.continue_conversion()] == [True, False]
    assert stored() == {digest_of(key_of(browser)) for browser in browsers}
    assert not SessionKeyTransition.objects.exists()
    assert [signed_in_name(browser) for browser in browsers] == ["alice", "bob"]


def test_no_session_key_is_replaced_before_the_transition_ends(alice, signed_in, transition):
    browser = signed_in(alice)
    assert session_keys.continue_conversion() is False
    assert stored() == {key_of(browser)}


def test_a_key_that_was_being_written_at_the_end_is_replaced_as_well(alice, bob, signed_in, transition):
    signed_in(alice)
    late = signed_in(bob)
    Session.objects.filter(pk=key_of(late)).delete()
    end(transition, ago=GRACE / 2)
    while session_keys.continue_conversion():
        pass
    assert SessionKeyTransition.objects.exists(), "others may still be writing"
    Session.objects.create(session_key=key_of(late), session_data="", expire_date=timezone.now())
    end(transition)
    while session_keys.continue_conversion():
        pass
    assert all(pk.startswith(MARK) for pk in stored())


def test_after_the_end_only_digests_are_written(alice, signed_in, transition):
    end(transition, ago=timedelta(0))
    browser = signed_in(alice)
    assert stored() == {digest_of(key_of(browser))}


def test_session_saved_during_the_replacement_of_keys_is_kept(alice, signed_in, transition):
    browser = signed_in(alice)
    store = SessionStore(key_of(browser))
    store["theme"] = "dark"  # it was read
    end(transition)
    session_keys.continue_conversion()
    store.save()
    assert SessionStore(key_of(browser))["theme"] == "dark"
    assert stored() == {digest_of(key_of(browser))}


def test_session_deleted_during_a_request_is_not_saved_again(alice, signed_in, transition):
    store = SessionStore(key_of(signed_in(alice)))
    store["theme"] = "dark"
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()
    assert stored() == set()


def test_a_socket_stays_open_when_its_key_is_replaced(alice, signed_in, transition):
    credential = opens_socket(key_of(signed_in(alice)))
    end(transition)
    session_keys.continue_conversion()
    assert authentication.revoked([credential]) == set()
    Session.objects.all().delete()
    assert authentication.revoked([credential]) == {credential}


@pytest.mark.parametrize("is_over", [False, True])
def test_signing_out_ends_the_session_whatever_its_form(alice, signed_in, transition, is_over):
    here, there = signed_in(alice), signed_in(alice)
    if is_over:
        end(transition)
        session_keys.continue_conversion()
    here.post("/accounts/sessions/end/")
    assert [signed_in_name(browser) for browser in (here, there)] == ["alice", "AnonymousUser"]
    here.post("/accounts/logout/")
    assert stored() == set()


def test_an_operator_can_end_the_transition_at_once(alice, signed_in, transition, capsys):
    browser = signed_in(alice)
    call_command("digestsessions")
    assert "Replaced 1 session keys" in capsys.readouterr().out
    assert stored() == {digest_of(key_of(browser))}
    assert signed_in_name(browser) == "alice"
    signed_in(alice)
    assert all(pk.startswith(MARK) for pk in stored())


def test_invalid_session_key_causes_no_query(alice, django_assert_num_queries):
    for cookie in ("$" + "0" * 39, "x" * 41, "a\0b" * 5, "ü" * 32, "short"):
        with django_assert_num_queries(0):
            assert SessionStore(cookie).get("theme") is None

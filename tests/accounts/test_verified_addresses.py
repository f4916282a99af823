"""Members show that an address is theirs with the link in an email. Only then emails about messages go there."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from chat.actions import profiles
from chat.auth import mail_queue
from chat.auth.sign_up import link_for
from chat.models import Person
from tests.cases import each
from tests.cast import PASSWORD

EMAIL, CONFIRM, AWAY = "/accounts/email/", "/accounts/email/confirm/", "/accounts/away/"


def links():
    """Return (recipient, path) of the links that were sent since the last call."""
    mail_queue.wait()
    found = [(it.to[0], re.search(r"/accounts/verify/\S+", it.body)[0]) for it in mail.outbox]
    mail.outbox.clear()
    return found


def is_verified(person):
    return Person.objects.get(pk=person.pk).email_verified_at is not None


def test_a_new_address_gets_a_link_that_verifies_it_once(alice, signed_in):
    browser = signed_in(alice)
    browser.post(EMAIL, {"email": "liddell@example.org", "password": PASSWORD})
    [(recipient, link)] = links()
    assert recipient == "liddell@example.org"
    page = browser.get(link)
    assert (page.status_code, "liddell@example.org" in page.text, is_verified(alice)) == (200, True, False)
    assert browser.post(link)["Location"] == "/accounts/profile/"
    assert is_verified(alice)
    assert (browser.get(link).status_code, browser.post(link).status_code) == (404, 404)


def test_the_link_works_in_another_browser_and_signs_no_one_in(alice):
    browser = Client()
    assert browser.post(link_for(alice))["Location"] == "/"
    assert is_verified(alice)
    assert "_auth_user_id" not in browser.session


def test_the_link_of_a_member_sets_no_password(alice):
    fields = {"password1": "tr0mbone-quartet", "password2": "tr0mbone-quartet"}
    assert Client().post(link_for(alice), fields).status_code == 302
    assert Person.objects.get(pk=alice.pk).check_password(PASSWORD)


@each("change", ["other address", "late", "closed account", "other member"])
def test_a_link_that_no_longer_holds_verifies_nothing(alice, bob, monkeypatch, change):
    link = link_for(alice)
    if change == "other address":
        profiles.change_email(alice, "liddell@example.org")
    elif change == "late":
        monkeypatch.setattr("chat.auth.sign_up.LINK_VALID", timedelta(seconds=-1))
    elif change == "closed account":
        Person.objects.filter(pk=alice.pk).update(is_active=False)
    else:
        Person.objects.filter(pk=bob.pk).update(email=alice.email)
        link = link.replace(f"/{alice.pk}-", f"/{bob.pk}-")
    assert Client().post(link).status_code == 404
    assert not is_verified(alice)
    assert not is_verified(bob)
    monkeypatch.undo()


def test_an_address_that_changes_while_the_link_is_used_is_not_verified(alice, monkeypatch):
    link, find = link_for(alice), Person.objects.filter

    def found_and_then_changed(signed):
        person = find(pk=alice.pk).get()
        find(pk=alice.pk).update(email="eve@example.org")
        return person

    monkeypatch.setattr("chat.auth.sign_up.person_of_link", found_and_then_changed)
    assert Client().post(link).status_code == 400
    assert not is_verified(alice)


def test_the_link_is_sent_again_on_request_up_to_a_limit(alice, signed_in):
    browser = signed_in(alice)
    for _ in range(7):
        assert browser.post(CONFIRM)["Location"] == "/accounts/profile/"
    assert len(links()) == 5
    assert "several emails" in browser.get("/accounts/profile/").text


def test_one_person_cannot_send_links_to_many_addresses(alice, signed_in):
    browser = signed_in(alice)
    for number in range(7):
        browser.post(EMAIL, {"email": f"victim{number}@example.org", "password": PASSWORD})
    assert len(links()) == 5
    assert Person.objects.get(pk=alice.pk).email == "victim6@example.org"


def test_a_verified_address_gets_no_link(alice, signed_in):
    Person.objects.filter(pk=alice.pk).update(email_verified_at=timezone.now())
    browser = signed_in(alice)
    browser.post(CONFIRM)
    browser.post(EMAIL, {"email": "ALICE@example.org", "password": PASSWORD})
    browser.post(AWAY, {"level": "mentions", "after_minutes": "15"})
    assert links() == []


def test_turning_on_emails_sends_the_link_once(alice, signed_in):
    browser = signed_in(alice)
    for level in ("mentions", "all", "nothing"):
        browser.post(AWAY, {"level": level, "after_minutes": "15"})
    assert [recipient for recipient, _ in links()] == ["alice@example.org"]


def test_the_email_says_nothing_that_the_person_wrote(alice, signed_in):
    Person.objects.filter(pk=alice.pk).update(name="visit evil.example")
    signed_in(alice).post(CONFIRM)
    mail_queue.wait()
    assert "evil" not in mail.outbox[0].body + mail.outbox[0].subject


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_guest_gets_no_link(gil, signed_in, method):
    assert getattr(signed_in(gil), method)(CONFIRM).status_code in (302, 405)
    assert links() == []

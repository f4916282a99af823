"""The link that stops emails works for anyone who has it, without signing in, and for mail programs (RFC 8058)."""

import pytest
from django.test import Client

from chat.actions import profiles
from chat.auth.address_links import STOP_MAIL
from tests.cases import each

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def anyone():
    return Client(enforce_csrf_checks=True)


def level_of(person):
    return person.channels.get(kind="mail").level


def test_the_page_asks_first_and_its_button_stops_emails(bob, anyone):
    link = STOP_MAIL.path(bob)
    page = anyone.get(link)
    assert (page.status_code, "Stop these emails?" in page.text, level_of(bob)) == (200, True, "all")
    assert "sessionid" not in page.cookies
    answer = anyone.post(link)
    assert (answer.status_code, "Emails stopped" in answer.text, level_of(bob)) == (200, True, "nothing")


def test_a_mail_program_stops_emails_with_one_post_and_may_repeat_it(bob, anyone):
    bob.channels.update(due_at=bob.date_joined)
    for _ in range(2):
        assert anyone.post(STOP_MAIL.path(bob), ONE_CLICK).status_code == 200
    assert (level_of(bob), bob.channels.get().due_at) == ("nothing", None)


@each("change", ["forged", "other person", "other address", "of another kind"])
def test_a_link_that_is_not_the_persons_stops_nothing(bob, alice, client, change):
    link = STOP_MAIL.path(bob)
    if change == "forged":
        link = link[:-2] + ("a/" if link[-2] != "a" else "b/")
    elif change == "other person":
        link = link.replace(f"/{bob.pk}-", f"/{alice.pk}-")
    elif change == "other address":
        profiles.change_email(bob, "new@example.org")
    else:
        link = link.replace("/mail/stop/", "/accounts/verify/")
    assert client.post(link).status_code == 404
    assert (level_of(bob), alice.channels.exists()) == ("all", False)


def test_a_link_survives_a_new_secret_key(bob, anyone, settings):
    link = STOP_MAIL.path(bob)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another key"
    assert anyone.post(link).status_code == 200
    assert level_of(bob) == "nothing"


def test_a_forged_link_costs_no_query(db, anyone, django_assert_num_queries):
    with django_assert_num_queries(0):
        anyone.get("/mail/stop/1-0.x.y/")


def test_the_address_of_the_page_is_not_sent_to_its_files(bob, anyone):
    assert anyone.get(STOP_MAIL.path(bob))["Referrer-Policy"] == "strict-origin"

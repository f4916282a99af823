"""Notifications while a person is away: the settings on the profile page and in the API."""

from datetime import time

import pytest

from chat.actions import channels
from chat.models import NotificationChannel
from tests.cases import each

AWAY, PROFILE, API = "/accounts/away/", "/accounts/profile/", "/api/notifications/"
QUIET = {"quiet_from": "22:00", "quiet_to": "07:00", "zone": "Europe/Oslo"}
CHOSEN = {"level": "mentions", "after_minutes": "60"}


def put(client, body):
    return client.put(API, body, "application/json")


def test_the_page_saves_emails_and_quiet_hours_of_both_channels(alice, signed_in):
    browser = signed_in(alice)
    assert browser.post(AWAY, CHOSEN | QUIET)["Location"] == PROFILE
    mail, push = channels.of(alice).values()
    assert (mail.level, mail.after_minutes, push.level) == ("mentions", 60, "all")
    for channel in (mail, push):
        assert (channel.quiet_from, channel.quiet_to, channel.zone) == (time(22), time(7), "Europe/Oslo")
    page = browser.get(PROFILE)
    assert page.context["away_form"].initial["after_minutes"] == 60
    assert 'value="22:00"' in page.text
    browser.post(AWAY, CHOSEN)
    assert {it.quiet_from for it in NotificationChannel.objects.all()} == {None}


@each(
    "wrong",
    [
        {"zone": "Mars/Olympus"},
        {"zone": "../../etc/passwd"},
        {"zone": ""},
        {"quiet_to": ""},
        {"quiet_to": "22:00"},
        {"quiet_from": "25:00"},
        {"level": "some"},
        {"after_minutes": "7"},
    ],
)
def test_invalid_settings_are_shown_again_and_change_nothing(alice, signed_in, wrong):
    answer = signed_in(alice).post(AWAY, CHOSEN | QUIET | wrong)
    assert (answer.status_code, bool(answer.context["away_form"].errors)) == (400, True)
    assert not NotificationChannel.objects.exists()


def test_a_guest_chooses_quiet_hours_only(gil, signed_in):
    browser = signed_in(gil)
    assert 'name="after_minutes"' not in browser.get(PROFILE).text
    assert browser.post(AWAY, CHOSEN | QUIET).status_code == 302
    assert [(it.kind, it.level) for it in gil.channels.order_by("kind")] == [("mail", "nothing"), ("push", "all")]


def test_the_page_says_what_emails_wait_for(alice, bob, signed_in, settings):
    assert "add your email address" in signed_in(bob).get(PROFILE).text
    assert "Send the link" in signed_in(alice).get(PROFILE).text
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "send emails yet" in signed_in(alice).get(PROFILE).text


# ---- The API


def test_the_api_returns_the_settings_and_whether_the_person_has_chosen(alice, program, settings):
    settings.CHAT_MAIL_AFTER = 20
    client = program(alice)
    mail = {"level": "nothing", "after_minutes": 20, "address": "alice@example.org", "verified": False}
    assert client.get(API).json() == {
        "mail": mail | {"chosen": False, "available": True},
        "push": {"level": "all"},
        "quiet": None,
    }
    answer = put(client, {"mail": {"level": "nothing"}}).json()
    assert (answer["mail"]["chosen"], answer["mail"]["level"]) == (True, "nothing")


def test_the_api_changes_only_what_it_is_given(alice, program):
    client, quiet = program(alice), {"from": "22:00", "to": "07:00", "zone": "Europe/Oslo"}
    assert put(client, {"mail": {"level": "all", "after_minutes": 30.0}}).status_code == 200
    found = put(client, {"push": {"level": "mentions"}, "quiet": quiet}).json()
    assert (found["mail"]["level"], found["mail"]["after_minutes"], found["push"]) == ("all", 30, {"level": "mentions"})
    assert found["quiet"] == quiet
    assert put(client, {}).json() == found
    assert put(client, {"quiet": None}).json() == found | {"quiet": None}


@each(
    "body",
    [
        {"mail": {"level": "some"}},
        {"mail": {"after_minutes": 0}},
        {"mail": {"after_minutes": 1441}},
        {"mail": None},
        {"quiet": {"from": "24:00", "to": "07:00", "zone": "UTC"}},
        {"quiet": {"from": "22:00", "to": "07:00\n", "zone": "UTC"}},
        {"quiet": {"from": "22:00", "to": "22:00", "zone": "UTC"}},
        {"quiet": {"from": "22:00", "to": "07:00", "zone": "Nowhere"}},
        {"quiet": {"from": "22:00", "to": "07:00", "zone": "Z" * 65}},
    ],
)
def test_the_api_refuses_invalid_settings(alice, program, body):
    answer = put(program(alice), body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_frame")
    assert not NotificationChannel.objects.exists()


def test_no_email_is_available_to_a_guest_or_without_a_mail_server(alice, gil, program, settings):
    assert not program(gil).get(API).json()["mail"]["available"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert not program(alice).get(API).json()["mail"]["available"]
    settings.DEBUG = True
    assert program(alice).get(API).json()["mail"]["available"]


def test_changes_are_limited(alice, program, settings):
    settings.CHAT_POSTS_BURST = 2
    client = program(alice)
    assert [put(client, {}).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("kind", ["mail", "push"])
def test_a_channel_that_is_turned_off_has_nothing_due(alice, kind):
    channels.change(alice, mail={"level": "all"}, push={"level": "all"})
    alice.channels.update(due_at=alice.date_joined)
    channels.change(alice, **({"mail": {}, "push": {}} | {kind: {"level": "nothing"}}))
    assert [it.kind for it in alice.channels.filter(due_at=None)] == [kind]

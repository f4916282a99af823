"""The email about missed messages: who gets one, and what is in it."""

import pytest
from django.core import mail
from django.db import OperationalError
from django.utils import timezone

from chat import protocol
from chat.actions import accounts, joining, profiles
from chat.actions.direct import open_conversation
from chat.actions.jobs.errors import RetryLater
from chat.actions.tasks.mail import mail_missed
from chat.auth.address_links import STOP_MAIL
from chat.models import Membership, Person, Room
from tests.cases import each
from tests.cast import ask, say
from tests.mail.conftest import SITE


def sent():
    """Return the email that was sent since the last call, or None."""
    found, mail.outbox = mail.outbox, []
    assert len(found) <= 1
    return found[0] if found else None


def html_of(message):
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    return html


def test_an_email_has_the_room_the_author_the_text_and_a_link(alice, bob, hall, send):
    say(alice, hall, "*look* <b>here</b> & there")
    send(bob, hall)
    message = sent()
    assert (message.to, message.subject) == (["bob@example.org"], "1 new message in Hall")
    link = f"{SITE}/rooms/{hall.slug}/?from=mail#1"
    assert f"alice:\n*look* <b>here</b> & there\n\n{link}\n" in message.body
    assert "*look* &lt;b&gt;here&lt;/b&gt; &amp; there" in html_of(message)
    assert f'href="{link}"' in html_of(message)


def test_five_messages_of_a_room_are_in_it_and_the_number_of_the_others(alice, bob, hall, ops, send):
    for number in range(12):
        say(alice, hall, f"number {number}.")
    say(alice, ops, "only one")
    send(bob, hall, ops)
    message = sent()
    assert message.subject == "13 new messages in Hall and 1 other conversation"
    assert ("number 6." in message.body, "number 7." in message.body) == (False, True)
    assert ("and 7 more" in message.body, "and 7 more" in html_of(message)) == (True, True)
    assert "only one" in message.body


def test_a_direct_message_is_from_its_author(alice, bob, send):
    room, _ = open_conversation(alice, [bob.pk], "192.0.2.1")
    say(alice, room, "psst")
    send(bob, room)
    assert sent().subject == "1 new message from alice"


def nothing(bob, alice, room):
    """bob has missed it."""


def read(bob, alice, room):
    Membership.objects.filter(person=bob).update(read_seq=1)


def deleted(bob, alice, room):
    ask(alice, room, protocol.Delete(seq=1))


def left(bob, alice, room):
    joining.leave(bob, room)


def unverified(bob, alice, room):
    profiles.change_email(bob, "bob@elsewhere.example")


def turned_off(bob, alice, room):
    bob.channels.update(level="nothing")


def closed(bob, alice, room):
    Person.objects.filter(pk=bob.pk).update(is_active=False)


def removed(bob, alice, room):
    mail_missed.call(999_999, [[room.pk, 0, 1]])
    Person.objects.filter(pk=bob.pk).update(email="")


@each(
    "meanwhile, expected",
    [(nothing, 1), *((it, 0) for it in (read, deleted, left, unverified, turned_off, closed, removed))],
)
def test_what_no_longer_holds_when_the_email_is_sent_is_not_in_it(alice, bob, ops, send, meanwhile, expected):
    say(alice, ops, "secret plan @bob")
    meanwhile(bob, alice, ops)
    send(bob, ops)
    assert (sent() is not None) == bool(expected)


def test_a_text_that_was_deleted_is_not_in_the_email_about_another(alice, bob, ops, send):
    say(alice, ops, "secret plan")
    say(alice, ops, "the map")
    ask(alice, ops, protocol.Delete(seq=1))
    send(bob, ops)
    message = sent()
    assert ("secret" in message.message().as_string(), "the map" in message.body) == (False, True)


@each(
    "content, subject, has_names, has_text",
    [
        ("full", "1 new message in Ops", True, True),
        ("names", "1 new message in Ops", True, False),
        ("none", "1 new message on Acme", False, False),
    ],
)
def test_the_site_decides_what_of_the_messages_is_in_emails(
    alice, bob, ops, send, settings, content, subject, has_names, has_text
):
    settings.CHAT_MAIL_CONTENT = content
    say(alice, ops, "secret plan")
    send(bob, ops)
    message = sent()
    assert message.subject == subject
    for text in (message.body, html_of(message)):
        found = ("Ops" in text, "alice" in text, "/rooms/ops/" in text, "secret plan" in text)
        assert found == (has_names, has_names, has_names, has_text)
    assert f"{SITE}/activity/?from=mail" in message.body or has_names


def test_the_headers_stop_emails_and_replies_and_make_a_thread_of_a_room(alice, bob, hall, ops, send):
    for room in (hall, ops):
        say(alice, room)
    send(bob, hall, ops)
    first = sent().message()
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["List-Unsubscribe"].strip() == f"<{SITE}{STOP_MAIL.path(bob)}>"
    assert first["Auto-Submitted"] == "auto-generated"
    say(alice, ops)
    send(bob, ops)
    second = sent().message()
    assert second["References"] in first["References"].split()
    assert len(first["References"].split()) == 2
    assert first["Message-ID"] != second["Message-ID"]
    assert second["Message-ID"].endswith("@chat.example.org>")


def test_another_attempt_has_the_same_message_id(alice, bob, hall, send):
    say(alice, hall)
    ids = []
    for _ in range(2):
        send(bob, hall)
        ids.append(sent().message()["Message-ID"])
    assert ids[0] == ids[1]


@each("name", ["Ops\nBcc: eve@example.org", "Ops\r\n\r\nbody", "O" * 79, "Öps\u2028x"])
def test_no_name_of_a_room_adds_a_header(alice, bob, ops, send, name):
    Room.objects.filter(pk=ops.pk).update(name=name)
    say(alice, ops)
    send(bob, ops)
    message = sent()
    parsed = message.message()
    assert (parsed["Bcc"], parsed["To"], message.recipients()) == (None, "bob@example.org", ["bob@example.org"])
    assert "\n" not in message.subject
    assert len(message.subject) <= 150


def test_an_email_is_tried_again_if_the_database_is_unavailable(bob, hall, send, monkeypatch):
    def unavailable(*arguments):
        raise OperationalError

    monkeypatch.setattr("chat.actions.tasks.mail.missed", unavailable)
    with pytest.raises(RetryLater):
        send(bob, hall)


def test_a_guest_gets_no_email(alice, hall, send):
    guest = accounts.join_as_guest("gil")
    joining.join(guest, hall)
    say(alice, hall, "@gil")
    send(guest, hall)
    assert sent() is None


def test_an_email_takes_at_most_seven_queries(alice, bob, hall, ops, send, django_assert_max_num_queries):
    for room in (hall, ops):
        say(alice, room)
    places = [[hall.pk, 0, 1], [ops.pk, 0, 1]]
    with django_assert_max_num_queries(7):
        mail_missed.call(bob.pk, places)
    assert sent() is not None


def test_the_address_is_verified_again_after_a_change(alice, bob, hall, send):
    bob.refresh_from_db()
    profiles.change_email(bob, "bob@elsewhere.example")
    Person.objects.filter(pk=bob.pk).update(email_verified_at=timezone.now())
    say(alice, hall)
    send(bob, hall)
    assert sent().to == ["bob@elsewhere.example"]

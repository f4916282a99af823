"""An email is sent at most once. Only what a mail server has surely not taken is sent again."""

import socket
import ssl
from contextlib import nullcontext

import pytest
import trustme

from chat.actions.jobs.errors import GiveUp, RetryLater
from tests.cases import each
from tests.cast import say
from tests.mail.server import DISCONNECT, HANG, MailServer

AGAIN, END = RetryLater, GiveUp


@pytest.fixture
def missed(alice, bob, hall):
    say(alice, hall, "the map is here")
    return bob, hall


def test_the_server_gets_the_email_for_one_recipient(missed, send, mail_server):
    send(*missed)
    [taken] = mail_server.behaviour.taken
    assert (taken.mail_from, taken.rcpt_tos) == ("chat@localhost", ["bob@example.org"])
    assert b"the map is here" in taken.content


@each(
    "command, answer, error, taken",
    [
        ("MAIL", "451 Later", AGAIN, 0),
        ("MAIL", "550 No", AGAIN, 0),
        ("MAIL", DISCONNECT, AGAIN, 0),
        ("RCPT", "451 Greylisted", AGAIN, 0),
        ("RCPT", "550 No such user", END, 0),
        ("DATA", "451 Later", AGAIN, 0),
        ("DATA", "554 Spam", END, 0),
        ("DATA", DISCONNECT, END, 1),
        ("QUIT", DISCONNECT, None, 1),
        ("QUIT", "500 What?", None, 1),
    ],
)
def test_only_what_the_server_has_surely_not_taken_is_sent_again(
    missed, send, mail_server, command, answer, error, taken
):
    mail_server.behaviour.taken.clear()
    mail_server.behaviour.answers = {command: answer}
    if error is None:
        send(*missed)
    else:
        with pytest.raises(error):
            send(*missed)
    assert len(mail_server.behaviour.taken) == taken


@each("command, error", [("RCPT", AGAIN), ("DATA", END), ("QUIT", None)])
def test_a_server_that_hangs_is_given_up(missed, send, mail_server, settings, command, error):
    settings.EMAIL_TIMEOUT = 0.7
    mail_server.behaviour.answers = {command: HANG}
    with pytest.raises(error, match="timed out") if error else nullcontext():
        send(*missed)


def test_a_server_that_is_down_is_tried_again(missed, send, mail_server, settings):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        settings.EMAIL_PORT = unused.getsockname()[1]
    with pytest.raises(AGAIN, match="refused"):
        send(*missed)


@pytest.fixture
def authority():
    return trustme.CA()


@pytest.fixture
def tls_server(authority, mail_server, settings):
    """A server that takes an email only after STARTTLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = MailServer(tls_context=context, require_starttls=True)
    server.start()
    settings.EMAIL_PORT, settings.EMAIL_USE_TLS = server.port, True
    yield server
    server.stop()


def test_an_email_is_sent_over_tls_to_a_server_with_a_valid_certificate_only(
    missed, send, tls_server, authority, tmp_path, monkeypatch
):
    with pytest.raises(AGAIN, match="certificate verify failed"):
        send(*missed)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    send(*missed)
    assert len(tls_server.behaviour.taken) == 1


def test_an_error_of_another_backend_ends_the_task(missed, send, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "tests.mail.backends.Broken", None
    with pytest.raises(END, match="no disk"):
        send(*missed)

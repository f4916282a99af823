"""Sending of one email at most once. An error says whether the mail server may have taken the email."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage

from chat.db.reconnect import give_back_connection
from chat.mail.errors import NotSent

log = logging.getLogger(__name__)

SMTP = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


def is_delivered() -> bool:
    """Return whether emails reach people. A development site prints them, and that counts too."""
    return settings.DEBUG or settings.EMAIL_BACKEND != CONSOLE


def warn_if_printed() -> None:
    """Log that no email reaches anyone."""
    if not is_delivered():
        log.warning("Emails are only printed. Set EMAIL_URL to a mail server. See docs/email.md.")


def send(message: EmailMessage) -> None:
    """Send an email. Raise NotSent if that fails. Only SMTP tells whether the server has it."""
    give_back_connection()
    if settings.EMAIL_BACKEND == SMTP:
        from chat.mail import smtp  # in the thread that sends: smtplib and TLS take memory

        smtp.send(message)
        return
    try:
        message.send()
    except OSError as error:
        raise NotSent(f"{type(error).__name__}: {error}", may_retry=False) from error

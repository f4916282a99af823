"""An SMTP connection for one email, which knows whether the server may have taken it."""

import smtplib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from chat.mail.errors import NotSent

PERMANENT = 500


class OneMail(EmailBackend):
    """Django's SMTP backend. `has_begun` is true from the command DATA on: then the server may have the email."""

    has_begun = False

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        backend = self
        base: type[smtplib.SMTP] = super().connection_class

        class OneMailConnection(base):  # type: ignore[valid-type,misc]
            def data(self, message: Any) -> tuple[int, bytes]:
                backend.has_begun = True
                answer: tuple[int, bytes] = super().data(message)
                return answer

        return OneMailConnection


def send(message: EmailMessage) -> None:
    """Send one email. Raise NotSent if the server did not take it, or may have."""
    backend = OneMail(fail_silently=False)
    try:
        backend.open()
        backend.send_messages([message])
    except OSError as error:  # the exceptions of smtplib are OSErrors
        reason = f"{type(error).__name__}: {error}"
        raise NotSent(reason, may_retry=_may_retry(error, has_begun=backend.has_begun)) from error
    finally:
        with suppress(OSError):  # the server has answered already
            backend.close()


def _may_retry(error: OSError, *, has_begun: bool) -> bool:
    """Return whether the server has surely not taken the email, and may take it later.

    A server that answers DATA with an error has not taken it. One that doesn't answer may have.
    """
    if isinstance(error, smtplib.SMTPDataError):
        return int(error.smtp_code) < PERMANENT
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code < PERMANENT for code in _codes(error))
    return not has_begun


def _codes(error: smtplib.SMTPRecipientsRefused) -> Sequence[int]:
    return [code for code, _ in error.recipients.values()]

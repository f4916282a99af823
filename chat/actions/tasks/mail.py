"""The task that sends a notification email. It runs at most once."""

import hashlib
import json

from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError
from django_tasks import task

from chat.actions.jobs.errors import GiveUp, RetryLater
from chat.mail import missed_mail, sending
from chat.mail.errors import NotSent
from chat.missed import missed
from chat.models import NotificationChannel, Person

RETRY_SECONDS = 600


@task(queue_name="mail")
def mail_missed(person_id: int, places: list[list[int]]) -> None:
    """Email a person what they missed in `places`, each `[room_id, after_seq, up_to_seq]`, and did not read since.

    Raise RetryLater if the mail server surely has not taken it, and GiveUp if it may have.
    """
    try:
        message = _email(person_id, places)
    except (OperationalError, InterfaceError) as error:
        raise RetryLater(RETRY_SECONDS, "The database is unavailable.") from error
    try:
        if message is not None:
            sending.send(message)
    except NotSent as error:
        raise (RetryLater(RETRY_SECONDS, str(error)) if error.may_retry else GiveUp(str(error))) from error


def _email(person_id: int, places: list[list[int]]) -> EmailMessage | None:
    """Return the email with what the person still has to read, or None if there is nothing or no verified address."""
    person = Person.objects.active().exclude(email="").exclude(email_verified_at=None).filter(pk=person_id).first()
    rooms = missed(person, places, NotificationChannel.Kind.MAIL) if person is not None else []
    if person is None or not rooms:
        return None
    key = hashlib.sha256(json.dumps([person_id, places]).encode()).hexdigest()
    return missed_mail.compose(person, rooms, key)

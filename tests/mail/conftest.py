"""bob gets emails at a verified address, and a mail server takes them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from chat.actions.tasks.mail import mail_missed
from chat.models import Level, NotificationChannel, Person, Room, RoomHead
from tests.mail.server import MailServer

SITE = "https://chat.example.org"


@pytest.fixture
def bob(bob: Person, settings: Any) -> Person:
    settings.SITE_URL, settings.SITE_NAME = SITE, "Acme"
    bob.email, bob.email_verified_at = "bob@example.org", timezone.now()
    bob.save()
    NotificationChannel.objects.create(person=bob, kind="mail", level=Level.ALL)
    return bob


@pytest.fixture
def send() -> Callable[..., None]:
    """Send a person what they have missed in these rooms, as the task in the queue does."""

    def to(person: Person, *rooms: Room) -> None:
        mail_missed.call(person.pk, [[it.pk, 0, RoomHead.objects.get(room=it).seq] for it in rooms])

    return to


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.hostname, server.port
    yield server
    server.stop()

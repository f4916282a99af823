"""The email about missed messages. `CHAT_MAIL_CONTENT` says how much of them is in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac

from chat import site_address
from chat.auth.address_links import STOP_MAIL
from chat.missed import MissedMessage, MissedRoom
from chat.models import Person

FULL, NAMES, NONE = CONTENTS = ("full", "names", "none")
TEXT_MAX_CHARACTERS = 1000
SUBJECT_MAX_CHARACTERS = 150
# By it, a site can count visits that an email has caused.
SOURCE = "?from=mail"


@dataclass(frozen=True, slots=True)
class RoomSection:
    """A room in the email. `messages` are pairs of author and text, and `more` is the number of those left out."""

    name: str
    is_direct: bool
    url: str
    messages: Sequence[tuple[str, str]]
    more: int
    authors: str
    count: int


def compose(person: Person, rooms: Sequence[MissedRoom], key: str) -> EmailMultiAlternatives:
    """Return the email to a person. `key` makes its Message-ID, the same for each attempt to send it."""
    origin, content = site_address.origin(), settings.CHAT_MAIL_CONTENT
    stop, subject = origin + STOP_MAIL.path(person), _subject(rooms, content)
    context = {
        "site_name": settings.SITE_NAME,
        "subject": subject,
        "rooms": [] if content == NONE else [_section(room, origin, content) for room in rooms],
        "url": f"{origin}{reverse('activity')}{SOURCE}",
        "stop": stop,
        "settings": f"{origin}{reverse('profile')}{SOURCE}#away",
    }
    text = render_to_string("mail/missed.txt", context)
    headers = _headers(person, rooms, key, stop)
    message = EmailMultiAlternatives(subject, text, None, [person.email], headers=headers)
    message.attach_alternative(render_to_string("mail/missed.html", context), "text/html")
    return message


def _subject(rooms: Sequence[MissedRoom], content: str) -> str:
    """Return the subject in one line: an email header has no other."""
    number = sum(room.count for room in rooms)
    messages = "1 new message" if number == 1 else f"{number:,} new messages"
    subject = f"{messages} on {settings.SITE_NAME}" if content == NONE else f"{messages} {_where(rooms)}"
    line = " ".join(subject.split())
    return line if len(line) <= SUBJECT_MAX_CHARACTERS else line[: SUBJECT_MAX_CHARACTERS - 1] + "…"


def _where(rooms: Sequence[MissedRoom]) -> str:
    first, others = rooms[0].room, len(rooms) - 1
    where = f"from {first.name}" if first.is_direct else f"in {first.name}"
    if others:
        where += f" and {others} other conversation{'s' if others > 1 else ''}"
    return where


def _section(missed: MissedRoom, origin: str, content: str) -> RoomSection:
    shown = missed.messages if content == FULL else []
    return RoomSection(
        name=missed.room.name,
        is_direct=missed.room.is_direct,
        url=f"{origin}{missed.room.get_absolute_url()}{SOURCE}#{missed.messages[0].seq}",
        messages=[(it.author, _text(it)) for it in shown],
        more=missed.count - len(shown) if shown else 0,
        authors=", ".join(dict.fromkeys(it.author for it in missed.messages)),
        count=missed.count,
    )


def _text(message: MissedMessage) -> str:
    text = message.text
    return text if len(text) <= TEXT_MAX_CHARACTERS else text[: TEXT_MAX_CHARACTERS - 1] + "…"


def _headers(person: Person, rooms: Sequence[MissedRoom], key: str, stop: str) -> dict[str, str]:
    """Return the headers that make a thread of each room, stop the emails (RFC 8058), and prevent automatic replies."""
    return {
        "Message-ID": _message_id("mail", person.pk, key),
        "References": " ".join(_message_id("room", person.pk, it.room.pk) for it in rooms),
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def _message_id(*parts: object) -> str:
    """Return an id from these parts at the site's domain. It reveals nothing of them."""
    digest = salted_hmac("chat.mail.id", repr(parts)).hexdigest()[:32]
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{digest}@{urlsplit(settings.SITE_URL).hostname or sender or 'localhost'}>"

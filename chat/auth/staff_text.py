"""The text of messages as the admin shows it. Staff work on rooms there that they cannot open on the site."""

from django.conf import settings
from django.db.models import Case, F, Q, When
from django.db.models.expressions import Combinable

from chat.models import File, Message, Report, Room

HIDDEN = "Hidden, because the room isn’t public"
HIDDEN_FILE = "Hidden, because no public room shows it"


def is_shown(room: Room) -> bool:
    """Return whether the admin shows the text of a room's messages."""
    return settings.CHAT_ADMIN_READS_PRIVATE or room.visibility == Room.Visibility.PUBLIC


def matching(word: str) -> Q:
    """Return the condition for messages that contain `word` in a text that the admin shows."""
    return Q(body__icontains=word) if settings.CHAT_ADMIN_READS_PRIVATE else Q(body__icontains=word) & _PUBLIC


def column() -> Combinable:
    """Return the expression for the text of a message. It is null where the admin does not show it."""
    return F("body") if settings.CHAT_ADMIN_READS_PRIVATE else Case(When(_PUBLIC, then=F("body")))


def of_message(message: Message) -> str:
    """Return the text of a message, or a note in its place."""
    return message.body if is_shown(message.room) else HIDDEN


def of_report(report: Report) -> str:
    """Return the reported text. Of a room that is not public it is shown until the report is resolved."""
    return report.quote if report.resolved_at is None or is_shown(report.room) else HIDDEN


def message_of(file: File) -> Message | None:
    """Return the message that has the file."""
    attachment = getattr(file, "attachment", None)
    return attachment.message if attachment else None


def of_file(file: File, field: str = "name") -> str:
    """Return the name of a file, or a note in its place. What no public room shows is as private as a message."""
    message = message_of(file)
    is_public = message is not None and is_shown(message.room)
    return getattr(file, field) if is_public or settings.CHAT_ADMIN_READS_PRIVATE else HIDDEN_FILE


def files_named(word: str) -> Q:
    """Return the condition for files that contain `word` in a name that the admin shows."""
    named, public = Q(name__icontains=word), Q(attachment__message__room__visibility=Room.Visibility.PUBLIC)
    return named if settings.CHAT_ADMIN_READS_PRIVATE else named & public


_PUBLIC = Q(room__visibility=Room.Visibility.PUBLIC)

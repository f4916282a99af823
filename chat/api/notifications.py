"""The notification level of a person in a room, and their notifications by email and push while they are away."""

from datetime import time
from typing import Annotated, Any, Literal

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from chat.actions import channels, profiles
from chat.actions.channels import MAX_AFTER_MINUTES, Kind
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.auth import login_throttle
from chat.mail.sending import is_delivered
from chat.models import Membership, NotificationChannel, Person, Room
from chat.models.notifications import ZONE_MAX_LENGTH
from chat.protocol import Code, Scope
from chat.rate_limits import limits

LevelName = Literal["all", "mentions", "nothing"]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=MAX_AFTER_MINUTES)]
TimeOfDay = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)]
ZoneName = Annotated[str, msgspec.Meta(max_length=ZONE_MAX_LENGTH)]


class Choice(msgspec.Struct, frozen=True):
    """`level` null means the level that the person chose for all rooms."""

    level: LevelName | None


class Notifications(msgspec.Struct, frozen=True):
    level: LevelName | None
    default: LevelName


@signed_in
@operation(scope=Scope.READ, answers={200: Notifications}, refusals=(Code.NOT_FOUND,))
def show(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Return the notification level for the room, and the default for all rooms."""
    room = Room.seen_by(person, slug)
    chosen = Membership.objects.filter(person=person, room=room).values_list("notify", flat=True).first()
    return answers.success(_notifications(chosen, person))


@signed_in
@operation(body=Choice, answers={200: Notifications}, refusals=(Code.NOT_FOUND, Code.ARCHIVED))
def change(request: HttpRequest, person: Person, asked: Choice, slug: str) -> HttpResponse:
    """Set the notification level for the room, and return both levels."""
    room = Room.seen_by(person, slug)
    profiles.set_notifications(person, room, asked.level)
    return answers.success(_notifications(asked.level, person))


def _notifications(chosen: str | None, person: Person) -> Notifications:
    return msgspec.convert({"level": chosen, "default": person.notify}, Notifications)


# ---- By email and push, while the person is away


class QuietTimes(msgspec.Struct, frozen=True):
    """From when until when nothing is sent, in a time zone such as Europe/Oslo. It may go over midnight."""

    start: TimeOfDay = msgspec.field(name="from")
    end: TimeOfDay = msgspec.field(name="to")
    zone: ZoneName = ""


class MailState(msgspec.Struct, frozen=True):
    """Emails about missed messages. They are sent to a verified address only, and never to guests.

    `available` is false if the person cannot get any. `chosen` is false until they have chosen whether they want them.
    """

    level: LevelName
    after_minutes: int
    address: str
    verified: bool
    chosen: bool
    available: bool


class PushState(msgspec.Struct, frozen=True):
    level: LevelName


class ChannelSettings(msgspec.Struct, frozen=True):
    mail: MailState
    push: PushState
    quiet: QuietTimes | None


class MailChoice(msgspec.Struct, frozen=True):
    """Fields that are left out stay. `after_minutes` null means the site's default."""

    level: LevelName | msgspec.UnsetType = msgspec.UNSET
    after_minutes: Minutes | msgspec.UnsetType | None = msgspec.UNSET


class PushChoice(msgspec.Struct, frozen=True):
    level: LevelName | msgspec.UnsetType = msgspec.UNSET


class ChannelChoices(msgspec.Struct, frozen=True):
    """Changes of the settings. What is left out stays, and `quiet` null ends the quiet hours."""

    mail: MailChoice = MailChoice()
    push: PushChoice = PushChoice()
    quiet: QuietTimes | msgspec.UnsetType | None = msgspec.UNSET


@signed_in
@operation(answers={200: ChannelSettings})
def show_channels(request: HttpRequest, person: Person) -> HttpResponse:
    """Return how you are told about messages while you are away."""
    return answers.success(_settings(person))


@signed_in
@operation(body=ChannelChoices, answers={200: ChannelSettings}, refusals=(Code.RATE_LIMITED,))
def change_channels(request: HttpRequest, person: Person, asked: ChannelChoices) -> HttpResponse:
    """Change how you are told about messages while you are away, and return the settings."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    hours = {} if asked.quiet is msgspec.UNSET else channels.quiet_fields(_quiet(asked.quiet))
    channels.change(person, mail=_chosen(asked.mail) | hours, push=_chosen(asked.push) | hours)
    return answers.success(_settings(person))


def _quiet(asked: QuietTimes | None) -> channels.QuietHours | None:
    if asked is None:
        return None
    return channels.quiet_hours(time.fromisoformat(asked.start), time.fromisoformat(asked.end), asked.zone)


def _chosen(choice: MailChoice | PushChoice) -> dict[str, Any]:
    fields = msgspec.structs.asdict(choice)
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}


def _settings(person: Person) -> ChannelSettings:
    found = channels.of(person)
    mail, push = found[Kind.MAIL], found[Kind.PUSH]
    state = {
        "level": mail.level,
        "after_minutes": mail.after_minutes or settings.CHAT_MAIL_AFTER,
        "address": person.email,
        "verified": person.email_verified_at is not None,
        "chosen": mail.pk is not None,
        "available": is_delivered() and not person.is_guest,
    }
    return msgspec.convert(
        {"mail": state, "push": {"level": push.level}, "quiet": _times(mail if mail.quiet_from else push)},
        ChannelSettings,
    )


def _times(channel: NotificationChannel) -> dict[str, str] | None:
    if channel.quiet_from is None or channel.quiet_to is None:
        return None
    start, end = (it.isoformat("minutes") for it in (channel.quiet_from, channel.quiet_to))
    return {"from": start, "to": end, "zone": channel.zone}

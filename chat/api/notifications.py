"""The notification level of a person in a room."""

from typing import Literal

import msgspec
from django.http import HttpRequest, HttpResponse

from chat.actions import profiles
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.models import Membership, Person, Room
from chat.protocol import Code

LevelName = Literal["all", "mentions", "nothing"]


class Choice(msgspec.Struct, frozen=True):
    """`level` null means the level that the person chose for all rooms."""

    level: LevelName | None


class Notifications(msgspec.Struct, frozen=True):
    level: LevelName | None
    default: LevelName


@signed_in
@operation(answers={200: Notifications}, refusals=(Code.NOT_FOUND,))
def show(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Return the notification level for the room, and the default for all rooms."""
    room = Room.seen_by(person, slug)
    chosen = Membership.objects.filter(person=person, room=room).values_list("notify", flat=True).first()
    return answers.success(_notifications(chosen, person))


@signed_in
@operation(body=Choice, answers={200: Notifications}, refusals=(Code.NOT_FOUND,))
def change(request: HttpRequest, person: Person, asked: Choice, slug: str) -> HttpResponse:
    """Set the notification level for the room, and return both levels."""
    room = Room.seen_by(person, slug)
    profiles.set_notifications(person, room, asked.level)
    return answers.success(_notifications(asked.level, person))


def _notifications(chosen: str | None, person: Person) -> Notifications:
    return msgspec.convert({"level": chosen, "default": person.notify}, Notifications)

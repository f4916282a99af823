"""What somebody is told of a room."""

from typing import Literal

import msgspec
from django.http import HttpRequest, HttpResponse

from chat.actions import profiles
from chat.api import answers
from chat.api.endpoint import body_as, signed_in
from chat.models import Membership, Person, Room


class Choice(msgspec.Struct, frozen=True):
    """Null: what the person chose for all rooms."""

    level: Literal["all", "mentions", "nothing"] | None


class Notifications(msgspec.Struct, frozen=True):
    level: str | None
    default: str


@signed_in
def show(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """The level chosen for the room, and the one for all rooms."""
    room = Room.objects.visible_to(person).get(slug=slug)
    chosen = Membership.objects.filter(person=person, room=room).values_list("notify", flat=True).first()
    return answers.success(Notifications(chosen, person.notify))


@signed_in
def change(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Choose another; what holds then is answered."""
    asked = body_as(Choice, request)
    room = Room.objects.visible_to(person).with_head().get(slug=slug)
    profiles.set_notifications(person, room, asked.level)
    return answers.success(Notifications(asked.level, person.notify))

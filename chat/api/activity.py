"""Mentions, replies and unread counts of a person across their rooms."""

from typing import Literal

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import activity, protocol, serializers
from chat.actions.activity import mark_read
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.api.paging import OlderThan, page
from chat.api.search import RoomRef
from chat.auth import login_throttle
from chat.models import Person
from chat.protocol import Code, Scope
from chat.rate_limits import limits

KindName = Literal["name", "room", "reply"]


class ActivityItem(msgspec.Struct, frozen=True):
    """A message for you. `kind` says why: it has your name, it is for the whole room, or it answers one of yours."""

    id: int
    kind: KindName
    room: RoomRef
    message: protocol.MessageData
    unread: bool


class ActivityList(msgspec.Struct, frozen=True):
    entries: list[ActivityItem]
    more: bool


class RoomsRead(msgspec.Struct, frozen=True):
    rooms: int


class UnreadList(msgspec.Struct, frozen=True):
    """The unread counts of your rooms by slug, without the rooms that are read."""

    unread: dict[str, protocol.Unread]


@signed_in
@operation(scope=Scope.READ, query=OlderThan, answers={200: ActivityList})
def index(request: HttpRequest, person: Person, asked: OlderThan) -> HttpResponse:
    """Return the messages that mention you, are for everyone in one of your rooms, or answer yours, newest first."""
    found = activity.page(person, before=asked.id, limit=asked.limit)
    messages = serializers.messages(entry.message for entry in found.entries)
    entries = [_entry(*pair) for pair in zip(found.entries, messages, strict=True)]
    return page(request, ActivityList(entries, found.more), found.more, before=entries[-1].id if entries else 1)


@signed_in
@operation(scope=Scope.READ, answers={200: RoomsRead}, refusals=(Code.RATE_LIMITED,))
def read(request: HttpRequest, person: Person) -> HttpResponse:
    """Mark your rooms with unread mentions as read, and return how many they were."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    return answers.success(RoomsRead(mark_read(person)))


@signed_in
@operation(scope=Scope.READ, answers={200: UnreadList})
def unread(request: HttpRequest, person: Person) -> HttpResponse:
    """Return the unread messages and mentions of your rooms."""
    return answers.success(UnreadList(activity.unread_counts(person)))


def _entry(row: activity.ActivityEntry, message: protocol.MessageData) -> ActivityItem:
    kind = msgspec.convert(row.kind.name.lower(), KindName)
    room = RoomRef(row.message.room.slug, row.message.room.name)
    return ActivityItem(row.id, kind, room, message, row.is_unread)

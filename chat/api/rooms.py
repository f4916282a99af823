"""The rooms that a person can see, their settings, and the deletion of an empty room."""

from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import structs

from chat import member_list, protocol, room_list, serializers
from chat.actions.retention import MAX_KEEP_DAYS
from chat.actions.room_deletion import delete_room
from chat.actions.room_settings import ROOM_FIELDS, change_settings, messages_to_show
from chat.actions.rooms import open_room
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.api.paging import page
from chat.auth import login_throttle, permissions
from chat.errors import ActionError
from chat.models import Person, Room
from chat.models.rooms import TOPIC_MAX_LENGTH
from chat.protocol import MAX_REASON_LENGTH, Code, FrameError, Scope
from chat.rate_limits import limits
from chat.room_list import MAX_QUERY_CHARACTERS, POSITION, RoomPosition
from chat.text.cleaning import TYPED_NAME_MAX_LENGTH

# Clients from before the list had pages get this many rooms.
MAX_ROOMS = 500
SETTINGS = (*ROOM_FIELDS, "keep_days", "archived")


class RoomListQuery(msgspec.Struct, frozen=True):
    """`after` is `next` of the page before. `q` is a part of the rooms' names.

    `mine` leaves out rooms that you don't belong to, and `unread` also those that are read.
    """

    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_ROOMS)] = MAX_ROOMS
    after: Annotated[str, msgspec.Meta(max_length=36)] = ""
    q: Annotated[str, msgspec.Meta(max_length=MAX_QUERY_CHARACTERS)] = ""
    unread: bool = False
    mine: bool = False


class RoomOfPerson(protocol.RoomData, frozen=True, kw_only=True):
    """A room and what it is to the person. `level` is their notification level there: all, mentions or nothing."""

    joined: bool
    starred: bool
    level: str

    @classmethod
    def of(cls, room: Room) -> "RoomOfPerson":
        """Return a room that was read `with_head()` and `with_place_of`."""
        place = {name: getattr(room, name) for name in ("unread", "joined", "starred", "level")}
        return cls(**structs.asdict(serializers.room(room)) | place)


class RoomList(msgspec.Struct, frozen=True):
    """`next` is the `after` of the next page. It is null on the last page."""

    rooms: list[RoomOfPerson]
    next: str | None
    more: bool


VisibilityName = Literal["public", "private"]
JoiningName = Literal["ask", "invited"]
HistoryName = Literal["all", "joined"]
WhoName = Literal["everyone", "moderators"]
Days = Annotated[int, msgspec.Meta(ge=0, le=MAX_KEEP_DAYS)]


class SettingsOfRoom(msgspec.Struct, frozen=True):
    """The settings of a room. `joining` is null for a public room, and `keep_days` for the site's default."""

    joining: JoiningName | None
    history: HistoryName
    posting: WhoName
    members_invite: bool
    room_mentions: WhoName
    is_default: bool
    keep_days: int | None


class RoomDetails(msgspec.Struct, frozen=True):
    """`members` is the number of members. `owners` are the first 20 by name."""

    created_at: str
    members: int
    owners: list[protocol.PersonData]
    settings: SettingsOfRoom


class OneRoom(msgspec.Struct, frozen=True):
    room: RoomOfPerson
    details: RoomDetails


class NewRoom(msgspec.Struct, frozen=True):
    """The address of a public room is made from its name. That of a private room has a random part too."""

    name: Annotated[str, msgspec.Meta(max_length=TYPED_NAME_MAX_LENGTH)]
    topic: Annotated[str, msgspec.Meta(max_length=TOPIC_MAX_LENGTH)] = ""
    visibility: VisibilityName = "public"


class RoomChanges(msgspec.Struct, frozen=True):
    """Changes of a room. Fields that are left out stay as they are, and values that the room has change nothing.

    `confirmed` is needed to make a private room public, because that shows its messages to everyone.
    """

    name: Annotated[str, msgspec.Meta(max_length=TYPED_NAME_MAX_LENGTH)] | msgspec.UnsetType = msgspec.UNSET
    topic: Annotated[str, msgspec.Meta(max_length=TOPIC_MAX_LENGTH)] | msgspec.UnsetType = msgspec.UNSET
    visibility: VisibilityName | msgspec.UnsetType = msgspec.UNSET
    joining: JoiningName | msgspec.UnsetType = msgspec.UNSET
    history: HistoryName | msgspec.UnsetType = msgspec.UNSET
    posting: WhoName | msgspec.UnsetType = msgspec.UNSET
    members_invite: bool | msgspec.UnsetType = msgspec.UNSET
    room_mentions: WhoName | msgspec.UnsetType = msgspec.UNSET
    is_default: bool | msgspec.UnsetType = msgspec.UNSET
    keep_days: Days | msgspec.UnsetType | None = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET
    confirmed: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=MAX_REASON_LENGTH)] = ""

    def of(self, room: Room) -> dict[str, Any]:
        """Return the settings that differ from those of the room, as `change_settings` takes them."""
        now = {"joining": room.how_to_join, "archived": room.is_archived}
        asked = {name: getattr(self, name) for name in SETTINGS}
        return {
            name: value
            for name, value in asked.items()
            if value is not msgspec.UNSET and value != (now[name] if name in now else getattr(room, name))
        }


class DeleteRoomBody(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=MAX_REASON_LENGTH)] = ""


class RoomDeleted(msgspec.Struct, frozen=True):
    """`deleted` is the address of the room. It can be used again."""

    deleted: str


@signed_in
@operation(
    scope=Scope.READ, query=RoomListQuery, narrower={"after": {"pattern": f"^({POSITION})?$"}}, answers={200: RoomList}
)
def index(request: HttpRequest, person: Person, asked: RoomListQuery) -> HttpResponse:
    """Return a page of the rooms that you can see, most recently active first."""
    after = RoomPosition.parse(asked.after) if asked.after else None
    if asked.after and after is None:
        raise FrameError(Code.BAD_FRAME, "`after` must be the `next` of an earlier page.")
    found = room_list.page(
        person, limit=asked.limit, after=after, query=asked.q, only_mine=asked.mine, only_unread=asked.unread
    )
    rooms, position = [RoomOfPerson.of(room) for room in found.rooms], str(found.next) if found.next else None
    return page(request, RoomList(rooms, position, position is not None), position is not None, after=position)


@signed_in
@operation(
    scope=Scope.ROOMS,
    body=NewRoom,
    narrower={"name": {"minLength": 1}},
    answers={201: OneRoom},
    refusals=(Code.FORBIDDEN, Code.CONFLICT, Code.RATE_LIMITED),
)
def create(request: HttpRequest, person: Person, asked: NewRoom) -> HttpResponse:
    """Create a room. You are its owner."""
    address = login_throttle.address_of(request)
    room = open_room(person, address, asked.name, topic=asked.topic, visibility=asked.visibility)
    return _one(person, room.slug, status=201)


@signed_in
@operation(scope=Scope.READ, answers={200: OneRoom}, refusals=(Code.NOT_FOUND,))
def show(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Return the room, who owns it, and its settings."""
    return _one(person, slug)


@signed_in
@operation(
    body=RoomChanges,
    answers={200: OneRoom},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT, Code.RATE_LIMITED, Code.UNAVAILABLE),
)
def change(request: HttpRequest, person: Person, asked: RoomChanges, slug: str) -> HttpResponse:
    """Change the settings of a room. For owners. The address stays. The room's log has a note for each change."""
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    room = Room.seen_by(person, slug)
    if not permissions.actor_in(person, room).owns:
        raise ActionError(Code.FORBIDDEN, "Only owners of this room can do that.")
    changes = asked.of(room)
    if changes.get("visibility") == Room.Visibility.PUBLIC and not asked.confirmed:
        shown = messages_to_show(room)
        detail = f"That shows {shown:,} message{'' if shown == 1 else 's'} to everyone. Confirm it with `confirmed`."
        raise ActionError(Code.CONFLICT, detail)
    change_settings(person, room, changes, reason=asked.reason)
    return _one(person, slug)


def _one(person: Person, slug: str, *, status: int = 200) -> HttpResponse:
    room = room_list.one(person, slug)
    owners = [serializers.person(it) for it in member_list.owners(room)]
    settings = SettingsOfRoom(
        joining=msgspec.convert(room.how_to_join, JoiningName | None),
        history=msgspec.convert(room.history, HistoryName),
        posting=msgspec.convert(room.posting, WhoName),
        members_invite=room.members_invite,
        room_mentions=msgspec.convert(room.room_mentions, WhoName),
        is_default=room.is_default,
        keep_days=room.keep_days,
    )
    details = RoomDetails(serializers.time(room.created_at), member_list.count(room), owners, settings)
    return answers.success(OneRoom(RoomOfPerson.of(room), details), status=status)


@signed_in
@operation(query=DeleteRoomBody, answers={200: RoomDeleted}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT))
def delete(request: HttpRequest, person: Person, why: DeleteRoomBody, slug: str) -> HttpResponse:
    """Delete a room without messages. For owners."""
    delete_room(person, Room.seen_by(person, slug), reason=why.reason)
    return answers.success(RoomDeleted(slug))

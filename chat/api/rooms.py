"""The rooms that a person can see, and the deletion of an empty room."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from msgspec import structs

from chat import member_list, protocol, room_list, serializers
from chat.actions.room_deletion import delete_room
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.operation import operation
from chat.models import Person, Room
from chat.protocol import MAX_REASON_LENGTH, Code, FrameError
from chat.room_list import MAX_QUERY_CHARACTERS, POSITION, RoomPosition

# Clients from before the list had pages get this many rooms.
MAX_ROOMS = 500


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
    """`next` is null on the last page."""

    rooms: list[RoomOfPerson]
    next: str | None = None


class RoomDetails(msgspec.Struct, frozen=True):
    """`members` is the number of members. `owners` are the first 20 by name."""

    created_at: str
    members: int
    owners: list[protocol.PersonData]


class OneRoom(msgspec.Struct, frozen=True):
    room: RoomOfPerson
    details: RoomDetails


class DeleteRoomBody(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=MAX_REASON_LENGTH)] = ""


class RoomDeleted(msgspec.Struct, frozen=True):
    """`deleted` is the address of the room. It can be used again."""

    deleted: str


@signed_in
@operation(query=RoomListQuery, narrower={"after": {"pattern": f"^({POSITION})?$"}}, answers={200: RoomList})
def index(request: HttpRequest, person: Person, asked: RoomListQuery) -> HttpResponse:
    """Return a page of the rooms that you can see, most recently active first."""
    after = RoomPosition.parse(asked.after) if asked.after else None
    if asked.after and after is None:
        raise FrameError(Code.BAD_FRAME, "`after` must be the `next` of an earlier page.")
    page = room_list.page(
        person, limit=asked.limit, after=after, query=asked.q, only_mine=asked.mine, only_unread=asked.unread
    )
    rooms = [RoomOfPerson.of(room) for room in page.rooms]
    return answers.success(RoomList(rooms, str(page.next) if page.next else None))


@signed_in
@operation(answers={200: OneRoom}, refusals=(Code.NOT_FOUND,))
def show(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Return the room, and who owns it."""
    room = room_list.one(person, slug)
    owners = [serializers.person(it) for it in member_list.owners(room)]
    details = RoomDetails(serializers.time(room.created_at), member_list.count(room), owners)
    return answers.success(OneRoom(RoomOfPerson.of(room), details))


@signed_in
@operation(query=DeleteRoomBody, answers={200: RoomDeleted}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT))
def delete(request: HttpRequest, person: Person, why: DeleteRoomBody, slug: str) -> HttpResponse:
    """Delete a room without messages. For owners."""
    delete_room(person, Room.seen_by(person, slug), reason=why.reason)
    return answers.success(RoomDeleted(slug))

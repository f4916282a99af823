"""Serializers: from models to the structs of the protocol."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import msgspec
from django.conf import settings

from chat import parts, protocol
from chat.auth import permissions
from chat.direct_rooms import NO_CONVERSATIONS, Conversations
from chat.models import Membership, Message, Person, Reaction, Room
from chat.rate_limits.limits import share, whole_share

_encoder = msgspec.json.Encoder()


def person(row: Person) -> protocol.PersonData:
    return protocol.PersonData(row.pk, row.name, row.is_guest, row.color, row.avatar_id, bool(row.is_bot))


def room(row: Room, *, unread: int = 0) -> protocol.RoomData:
    """Serialize a room that was read `with_head()`, and named for its viewer if it is a direct conversation."""
    return protocol.RoomData(
        slug=row.slug,
        name=row.name,
        topic=row.topic,
        visibility=row.visibility,
        archived=row.is_archived,
        seq=row.head.seq,
        unread=unread,
        people=[person(it) for it in row.people] or msgspec.UNSET,
    )


def room_status(
    room: Room,
    person: Person,
    membership: Membership | None,
    conversations: Conversations = NO_CONVERSATIONS,
    requests: Mapping[int, int] = MappingProxyType({}),
) -> protocol.Standing:
    """Return a person's status in a room, from their membership, if any. For staff this queries their permissions.

    `conversations` include the room if it is a direct one. `requests` are those of `of_rooms_moderated`.
    """
    rank = permissions.rank_in(room, person, membership)
    role = Membership.Role.OWNER if rank >= permissions.Rank.OWNER else permissions.BY_RANK[rank]
    muted = membership if membership and membership.is_muted else None
    until = time(muted.muted_until) if muted and muted.muted_until else None
    return protocol.Standing(
        role=str(role),
        muted_until=until,
        mute_reason=muted.mute_reason if muted else "",
        archived=room.is_archived,
        name=conversations.name_of(room, person.pk),
        topic=room.topic,
        visibility=room.visibility,
        member=membership is not None and membership.is_current,
        room_mentions=permissions.may_mention_room(room, rank),
        posting=permissions.may_post(room, rank) and not conversations.is_blocked(room),
        may_invite=not room.is_archived and permissions.may_invite(room, person, membership),
        requests=(rank >= permissions.Rank.MODERATOR and requests.get(room.pk)) or msgspec.UNSET,
    )


def messages(rows: Iterable[Message]) -> list[protocol.MessageData]:
    """Serialize messages read `with_client_fields()` or `with_author()`, with their parts, in their order.

    Takes a query for their reactions, and one more for each other kind of part that some of them have.
    """
    return parts.complete([(row.has, message(row)) for row in rows])


def message(row: Message, reactions: Iterable[Reaction] = ()) -> protocol.MessageData:
    """Serialize one message and the reactions to it, without its other parts. A deleted message has no body."""
    is_deleted = row.is_deleted
    return protocol.MessageData(
        id=row.pk,
        seq=row.seq,
        rev=row.rev,
        client_id=row.client_id,
        author=person(row.author) if row.author else None,
        body="" if is_deleted else row.body,
        html="" if is_deleted else row.html,
        created_at=time(row.created_at),
        edited_at=time(row.edited_at) if row.edited_at else None,
        deleted=is_deleted,
        reply_to=row.reply_to,
        reactions=[] if is_deleted else parts.by_emoji((it.emoji, it.person_id) for it in reactions),
    )


def encode(message: protocol.MessageData) -> bytes:
    """Encode the message as JSON, the form in which processes and clients receive it."""
    return _encoder.encode(message)


def limits(person: protocol.PersonData) -> protocol.Limits:
    """Return the limits for this person."""
    return protocol.Limits(
        body=settings.CHAT_MAX_BODY,
        posts_per_second=share(settings.CHAT_POSTS_PER_SECOND, person.kind),
        posts_burst=whole_share(settings.CHAT_POSTS_BURST, person.kind),
        resume=settings.CHAT_RESUME_LIMIT,
    )


def time(moment: datetime) -> str:
    """Format a time as ISO 8601 in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

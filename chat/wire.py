"""Rows as they look on the wire."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from django.conf import settings

from chat import protocol
from chat.models import Message, Person, Reaction, Room

_encoder = msgspec.json.Encoder()


def person(row: Person) -> protocol.Person:
    return protocol.Person(id=row.pk, name=row.name, guest=row.is_guest, color=row.color)


def room(row: Room, *, unread: int = 0) -> protocol.Room:
    """A room that was read `with_head()`."""
    return protocol.Room(
        slug=row.slug,
        name=row.name,
        topic=row.topic,
        visibility=row.visibility,
        archived=row.is_archived,
        seq=row.head.seq,
        unread=unread,
    )


def messages(rows: Iterable[Message]) -> list[protocol.Message]:
    """Messages that were read `with_author()`, with their reactions, in the order given. One query."""
    rows = list(rows)
    reactions: dict[int, list[Reaction]] = {}
    for reaction in Reaction.objects.on(rows) if rows else ():
        reactions.setdefault(reaction.message_id, []).append(reaction)
    return [message(row, reactions.get(row.pk, ())) for row in rows]


def message(row: Message, reactions: Iterable[Reaction]) -> protocol.Message:
    """One message and the reactions on it; what was taken back is empty."""
    gone = row.is_deleted
    return protocol.Message(
        id=row.pk,
        seq=row.seq,
        rev=row.rev,
        client_id=row.client_id,
        author=person(row.author) if row.author else None,
        body="" if gone else row.body,
        html="" if gone else row.html,
        created_at=_time(row.created_at),
        edited_at=_time(row.edited_at) if row.edited_at else None,
        deleted=gone,
        reply_to=row.reply_to,
        reactions=[] if gone else _by_emoji(reactions),
    )


def encode(message: protocol.Message) -> bytes:
    """The message as JSON, the form in which it travels between processes and to clients."""
    return _encoder.encode(message)


def limits() -> protocol.Limits:
    return protocol.Limits(
        body=settings.CHAT_MAX_BODY,
        posts_per_second=settings.CHAT_POSTS_PER_SECOND,
        posts_burst=settings.CHAT_POSTS_BURST,
        resume=settings.CHAT_RESUME_LIMIT,
    )


def _by_emoji(reactions: Iterable[Reaction]) -> list[protocol.Reaction]:
    people: dict[str, list[int]] = {}
    for reaction in reactions:
        people.setdefault(reaction.emoji, []).append(reaction.person_id)
    return [protocol.Reaction(emoji=emoji, people=ids) for emoji, ids in people.items()]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

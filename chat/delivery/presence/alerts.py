"""Alerts: new messages for people who are viewing another room. Each is read and encoded once for all recipients."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from django.db.models import Q

from chat import serializers
from chat.actions.mention_rows import ALERTS_FOR
from chat.delivery.admission import access
from chat.delivery.open_rooms import OpenRooms
from chat.delivery.presence.unread_state import Wanted
from chat.delivery.process.db_threads import DatabaseThreads
from chat.models import Block, Message
from chat.protocol import Alert

# (room id, seq)
MessageKey = tuple[int, int]


class AlertFrame(NamedTuple):
    """The frame about a message of a room, and the ids of the people who get it."""

    room_id: int
    text: str
    people: list[int]


class _Author(msgspec.Struct):
    id: int


class _Brief(msgspec.Struct):
    author: _Author | None
    created_at: datetime
    deleted: bool


_brief = msgspec.json.Decoder(_Brief).decode


class Alerts:
    """Makes the frames of alerts. A message comes from the memory of an open room, or else from the database."""

    def __init__(self, rooms: OpenRooms, database: DatabaseThreads) -> None:
        self._rooms, self._database = rooms, database

    async def frames(self, wanted: Wanted) -> list[AlertFrame]:
        """Return the frames for the messages in `wanted`, without those that their people may not or need not read."""
        if not wanted:
            return []
        messages = {key: found for key in wanted if (found := self._in_memory(key))}
        pairs = {(room_id, person_id) for (room_id, _), people in wanted.items() for person_id in people}
        authors = {brief.author.id for brief in map(_brief, messages.values()) if brief.author}
        missing = wanted.keys() - messages.keys()
        slugs, without_access, read, blocks = await self._database.read(_read, missing, pairs, authors)
        messages |= read
        newest = datetime.now(UTC) - ALERTS_FOR  # others were edited or imported
        frames = []
        for key, people in wanted.items():
            room_id, _ = key
            if key not in messages or room_id not in slugs:
                continue
            brief = _brief(messages[key])
            # A note of the site has no author.
            if brief.deleted or brief.author is None or brief.created_at < newest:
                continue
            without = {*blocks.get(brief.author.id, ()), brief.author.id}
            readers = [it for it in people if it not in without and (room_id, it) not in without_access]
            text = Alert(room=slugs[room_id], message=msgspec.Raw(messages[key])).encode()
            frames.append(AlertFrame(room_id, text, readers))
        return frames

    def _in_memory(self, key: MessageKey) -> bytes | None:
        feed = self._rooms.feeds.get(key[0])
        return feed.ring.recent(key[1]) if feed is not None else None


class _Rows(NamedTuple):
    """The slugs of rooms by id, the (room id, person id) without access, messages, and who has blocked each author."""

    slugs: dict[int, str]
    without_access: set[tuple[int, int]]
    messages: dict[MessageKey, bytes]
    blocks: dict[int | None, list[int]]


def _read(keys: Collection[MessageKey], pairs: Collection[tuple[int, int]], authors: Collection[int]) -> _Rows:
    """Read what `frames` needs. `authors` are those of the messages in memory. At most five queries.

    The access is read before the messages and again for each alert, because a broadcast about a ban may be lost.
    """
    rooms, without_access = access.without_access(pairs)
    slugs = {room.pk: room.slug for room in rooms.values()}
    wanted = Q()
    for room_id, seq in keys:
        wanted |= Q(room=room_id, seq=seq)
    rows = list(Message.objects.filter(wanted).with_client_fields()) if keys else []
    found = serializers.messages(rows)
    messages = {(row.room_id, row.seq): serializers.encode(message) for row, message in zip(rows, found, strict=True)}
    blocks: dict[int | None, list[int]] = {}
    written_by = {*authors, *(row.author_id for row in rows if row.author_id is not None)}
    for person_id, blocked_id in Block.among({person_id for _, person_id in pairs}, written_by):
        blocks.setdefault(blocked_id, []).append(person_id)
    return _Rows(slugs, without_access, messages, blocks)

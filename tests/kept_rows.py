"""The rows of people and rooms that the first test of a process has created, for the tests after it.

An action checks what it is asked, which takes most of its time. The cast is the same in each test.
"""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Model
from django.utils import timezone

from chat.models import Membership, Person, Room, RoomHead

Row = dict[str, Any]

_people: dict[Any, tuple[Person, Row, list[Row]]] = {}
_rooms: dict[str, tuple[Room, RoomHead, Row, Row, list[Row]]] = {}

# The rooms that a new person is in, and what they have read there.
DEFAULT_ROOMS = """
SELECT chat_room.id, chat_roomhead.seq FROM chat_room JOIN chat_roomhead ON chat_roomhead.room_id = chat_room.id
WHERE is_default
"""


def person(name: str, create: Callable[[], Person]) -> Person:
    """Return the person whom `create` creates. They are members of the default rooms."""
    if connection.vendor != "sqlite":
        return create()
    with connection.cursor() as cursor:
        key = name, *cursor.execute(DEFAULT_ROOMS).fetchall()
    if key not in _people:
        made = create()
        _people[key] = copy.copy(made), *_rows(Person, id=made.pk), _rows(Membership, person_id=made.pk)
        return made
    kept, row, memberships = _people[key]
    made, now = copy.copy(kept), timezone.now()
    made.date_joined = now
    made.pk = _insert(Person, row, now)
    for it in memberships:
        _insert(Membership, it, now, person_id=made.pk)
    return made


def room(name: str, create: Callable[[], Room], *members: Person) -> Room:
    """Return the room that `create` creates. It has these members in this order, and the first is its owner."""
    if connection.vendor != "sqlite":
        return create()
    if name not in _rooms:
        made = create()
        rows = *_rows(Room, id=made.pk), *_rows(RoomHead, room_id=made.pk), _rows(Membership, room_id=made.pk)
        _rooms[name] = copy.copy(made), copy.copy(made.head), *rows
        return made
    kept, kept_head, row, head, memberships = _rooms[name]
    made, now = copy.copy(kept), timezone.now()
    made.created_at, made.created_by = now, members[0]
    made.pk = _insert(Room, row, now, created_by_id=members[0].pk)
    _insert(RoomHead, head, now, room_id=made.pk)
    made.head = copy.copy(kept_head)
    made.head.room, made.head.active_at = made, now
    for it, member in zip(memberships, members, strict=True):
        _insert(Membership, it, now, room_id=made.pk, person_id=member.pk)
    return made


def _rows(model: type[Model], **where: int) -> list[Row]:
    [(column, value)] = where.items()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM {model._meta.db_table} WHERE {column} = %s ORDER BY {model._meta.pk.column}", [value]
        )
        names = [it[0] for it in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _insert(model: type[Model], row: Row, now: datetime, **others: int) -> int:
    """Insert a row again with other keys, as if it were created now. Return its id."""
    stored = connection.ops.adapt_datetimefield_value(now)
    times = {it.column: stored for it in model._meta.fields if isinstance(it, DateTimeField) and row[it.column]}
    row = {**row, **times, **others}
    row.pop("id", None)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
            list(row.values()),
        )
        return int(cursor.lastrowid)

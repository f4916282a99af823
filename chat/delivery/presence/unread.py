"""Unread counts of the rooms that connected people are not viewing, from heads and read positions in memory.

Broadcasts move both, so neither a post nor a reader costs a statement. Statements read only people who have just
connected, and what a broadcast cannot carry. All that happens within a second is sent in one frame.
"""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from math import ceil
from typing import Any, NamedTuple, Protocol, TypeVar

from chat.broadcast import Event
from chat.delivery.presence import unread_rows
from chat.delivery.presence.unread_rows import MembershipRow, RoomRow, UnreadRows
from chat.history import Head
from chat.models import Level
from chat.protocol import ListedRoom, Rooms, Unread
from chat.telemetry.counters import counts

# People in one read. The event loop takes over their rows without a pause.
LOAD_AT_ONCE = 100
# People who are sent frames without a pause.
SEND_AT_ONCE = 500
# Parts into which people and rooms are divided for the comparison with the database.
PARTS = 10

T = TypeVar("T")
# (person id, room id)
Pair = tuple[int, int]
# A read position, and whether it moved back there.
ReadPosition = tuple[int, bool]
# The people to alert to each message, by (room id, seq).
Wanted = dict[tuple[int, int], list[int]]
NOTHING = Unread(0, 0)


class Connections(Protocol):
    """The connections that the counts are for. Each call concerns a person's connections to one room."""

    def send_to_person(self, person_id: int, room_id: int, text: str) -> None: ...

    def send_read_position(self, person_id: int, room_id: int, position: ReadPosition) -> None: ...

    def send_membership(self, person_id: int, room_id: int, is_member: bool) -> None: ...


class Reader(Protocol):
    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any: ...


class Traits(NamedTuple):
    """The rare values of a membership: a floor, a notification level of its own, a star."""

    floor_seq: int = 0
    level: str | None = None
    is_starred: bool = False


PLAIN = Traits()
_traits = lru_cache(1000)(Traits)  # equal ones are shared


@dataclass(slots=True, eq=False)
class _Room:
    """A room of connected people. `positions` has the seq up to which each of these members has nothing unread.

    There is one entry for each connected person and room, so anything rarer is kept elsewhere. `everyone` has the seqs
    of `@room` mentions.
    """

    id: int
    row: RoomRow
    seq: int
    everyone: list[int] = field(default_factory=list)
    positions: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Person:
    """A connected person. `views` counts the sockets to each room in view, `mentions` unread ones by name and room."""

    id: int
    views: dict[int, int] = field(default_factory=dict)
    rooms: tuple[_Room, ...] = ()
    level: str = Level.ALL
    traits: dict[int, Traits] = field(default_factory=dict)
    mentions: dict[int, int] = field(default_factory=dict)
    is_loaded: bool = False

    def level_in(self, room: _Room) -> str:
        own = self.traits.get(room.id) if self.traits else None
        return (own.level if own is not None else None) or self.level


@dataclass(slots=True)
class _News:
    """All that has changed since the last frames. Counts are those of the last frames."""

    heads: dict[_Room, tuple[int, list[int]]] = field(default_factory=dict)  # seq and `@room` mentions
    counts: defaultdict[_Room, dict[int, Unread]] = field(default_factory=lambda: defaultdict(dict))  # by person
    mentioned: defaultdict[_Room, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # person to seq
    positions: dict[Pair, ReadPosition] = field(default_factory=dict)  # of rooms in view
    lists: defaultdict[int, dict[_Room, str]] = field(default_factory=lambda: defaultdict(dict))  # by person


class _Due(set[T]):
    """Keys of rows that have to be read."""

    @contextmanager
    def taken(self) -> Iterator[set[T]]:
        """Yield everything and remove it. It is due again if the block fails, and what is added meanwhile stays due."""
        found = set(self)
        self.clear()
        try:
            yield found
        except BaseException:
            self.update(found)
            raise


class _Change(NamedTuple):
    room: _Room
    before: Unread
    now: Unread


class UnreadCounts:
    """Keeps the unread counts of the people who are connected to this process, and sends them what changes.

    `alerts` returns the frames about new messages for people who are not viewing the room of each.
    """

    def __init__(
        self,
        connections: Connections,
        database: Reader,
        alerts: Callable[[Wanted], Awaitable[Iterable[tuple[int, str, Iterable[int]]]]],
    ) -> None:
        self._connections, self._database, self._alerts = connections, database, alerts
        self._rooms: dict[int, _Room] = {}
        self._people: dict[int, _Person] = {}
        self._news = _News()
        self._first: set[Pair] = set()  # new connections, which need all counts
        # What has to be read:
        self._unloaded: set[int] = set()
        self._pairs: _Due[Pair] = _Due()
        self._suspects: dict[Pair, MembershipRow | None] = {}  # found to differ from these rows
        self._stale_rooms: _Due[int] = _Due()
        self._stale_everyone: _Due[int] = _Due()
        # Broadcasts since the running read began. Its rows may be older, so they are applied again after it.
        self._during_read: list[Event] | None = None
        self._people_to_compare: list[int] = []
        self._rooms_to_compare: list[int] = []

    # ---- Connections

    def enter(self, person_id: int, room_id: int) -> None:
        person = self._people.get(person_id)
        if person is None:
            person = self._people[person_id] = _Person(person_id)
            self._unloaded.add(person_id)
        person.views[room_id] = person.views.get(room_id, 0) + 1
        self._first.add((person_id, room_id))

    def leave(self, person_id: int, room_id: int) -> None:
        person = self._people[person_id]
        person.views[room_id] -= 1
        if not person.views[room_id]:
            del person.views[room_id]
            self._first.discard((person_id, room_id))
            self._news.positions.pop((person_id, room_id), None)
        if not person.views:
            del self._people[person_id]
            self._unloaded.discard(person_id)
            for room in person.rooms:
                del room.positions[person_id]

    # ---- Broadcasts and head checks

    def take(self, event: Event) -> None:
        """Take a broadcast from `broadcast.publish_moved`."""
        if self._during_read is not None:
            self._during_read.append(event)
        self._take_moves(event)
        for person_id, room_id, _ in event.get("mentioned", ()):
            if person_id in self._people:
                self._pairs.add((person_id, room_id))
        self._pairs.update((person, room) for person, room in event.get("memberships", ()) if person in self._people)
        self._stale_rooms.update(room for room in event.get("rooms", ()) if room in self._rooms)

    def heads(self, room_ids: Iterable[int] | None = None) -> dict[int, int]:
        """Return the seq of the last message of these rooms as known here, or of all rooms of connected people."""
        ids = self._rooms if room_ids is None else room_ids
        return {room_id: room.seq for room_id in ids if (room := self._rooms.get(room_id)) and room.positions}

    def observe_heads(self, heads: Mapping[int, Head], known: Mapping[int, int]) -> None:
        """Take heads that were read from the database. `known` is what `heads` returned before for these rooms."""
        for room_id, seq in known.items():
            room, head = self._rooms.get(room_id), heads.get(room_id)
            if room is None:
                continue
            if head is None:
                self._stale_rooms.add(room_id)
            elif head.seq > room.seq or (room.seq == seq and head.seq < seq):  # lower: another database
                self._note_head(room)
                room.seq = head.seq

    def _take_moves(self, event: Event) -> None:
        """Take the parts of a broadcast that change what is known. Taking them again changes nothing."""
        for room_id, seq in event.get("heads", ()):
            room = self._rooms.get(room_id)
            if room is not None and seq > room.seq:
                self._note_head(room)
                room.seq = seq
        for person_id, room_id, seq, is_back in event.get("read", ()):
            person = self._people.get(person_id)
            if person is not None and person.is_loaded:
                self._take_position(person, room_id, seq, is_back)
            elif person is not None:
                self._note_position(person, room_id, seq, is_back)
        for person_id, room_id, seq in event.get("mentioned", ()):
            if room := self._rooms.get(room_id):
                mentioned = self._news.mentioned[room]
                mentioned[person_id] = max(seq, mentioned.get(person_id, 0))
                if person_id == 0:
                    self._stale_everyone.add(room_id)

    def _take_position(self, person: _Person, room_id: int, seq: int, is_back: bool) -> None:
        room = self._rooms.get(room_id)
        if room is None or person.id not in room.positions:
            self._pairs.add((person.id, room_id))  # a new member
            return
        position = max(seq, person.traits.get(room_id, PLAIN).floor_seq)
        if is_back or position > room.positions[person.id]:
            self._move(person, room, position)
            if is_back or room_id in person.mentions:
                self._pairs.add((person.id, room_id))  # to count mentions

    # ---- State. Each change notes what the last frames said, so that only differences are sent.

    def _note_head(self, room: _Room) -> None:
        self._news.heads.setdefault(room, (room.seq, room.everyone))

    def _note_count(self, person: _Person, room: _Room, before: Unread | None = None) -> None:
        people = self._news.counts[room]
        if person.id not in people:
            people[person.id] = before or _count(person, room, *self._news.heads.get(room, (room.seq, room.everyone)))

    def _note_position(self, person: _Person, room_id: int, position: int, is_back: bool) -> None:
        if room_id in person.views:
            _, was_back = self._news.positions.get((person.id, room_id), (0, False))
            self._news.positions[person.id, room_id] = (position, bool(is_back or was_back))

    def _move(self, person: _Person, room: _Room, position: int) -> None:
        self._note_count(person, room)
        is_back = position < room.positions[person.id]
        room.positions[person.id] = position
        self._note_position(person, room.id, position, is_back)

    def _put(self, person: _Person, room_id: int, row: MembershipRow | None, *, is_new: bool = False) -> None:
        """Take over a membership, or its end. With `is_new`, the person is new here, and is sent everything anyway."""
        room = self._rooms.get(room_id)
        is_known = room is not None and person.id in room.positions
        if row is None:
            if room is not None and is_known:
                self._remove(person, room)
            return
        if room is None:  # removed during the read
            self._pairs.add((person.id, room_id))
            return
        position, traits, mentions = _state_of(row)
        if not is_known:
            person.rooms = (*person.rooms, room)
            room.positions[person.id] = position
            self._note_position(person, room_id, position, False)
            if not is_new or (person.id, room_id) in self._pairs:  # joined since the page was opened
                self._note_count(person, room, NOTHING)
                self._news.lists[person.id][room] = "joined"
        elif position != room.positions[person.id]:
            self._move(person, room, position)
        self._set_level(person, row.default)
        before = person.traits.get(room_id, PLAIN)
        if traits != before:
            _set(person.traits, room_id, traits, PLAIN)
            if is_known and traits[1:] != before[1:]:
                self._news.lists[person.id].setdefault(room, "changed")
        if mentions != person.mentions.get(room_id, 0):
            if is_known:
                self._note_count(person, room)
            _set(person.mentions, room_id, mentions, 0)

    def _set_level(self, person: _Person, level: str) -> None:
        """Set the level of the person's rooms that have none of their own."""
        if level != person.level:
            person.level = level
            for room in person.rooms if person.is_loaded else ():
                if person.traits.get(room.id, PLAIN).level is None:
                    self._news.lists[person.id].setdefault(room, "changed")

    def _remove(self, person: _Person, room: _Room) -> None:
        person.rooms = tuple(it for it in person.rooms if it is not room)
        del room.positions[person.id]
        self._news.counts[room].pop(person.id, None)
        self._news.positions.pop((person.id, room.id), None)
        self._news.lists[person.id][room] = "left"
        person.traits.pop(room.id, None)
        person.mentions.pop(room.id, None)

    # ---- Reading

    async def refresh(self) -> None:
        """Read what is missing, and send what has changed. This is called about once a second."""
        while people := list(islice(self._unloaded, LOAD_AT_ONCE)):
            self._take_people(people, await self._read(unread_rows.of_people, people, set(self._rooms)))
        if self._pairs or self._suspects:
            await self._read_pairs()
        if self._stale_rooms:
            with self._stale_rooms.taken() as ids:
                self._take_rooms(ids, await self._database.read(unread_rows.rooms, ids))
        if self._stale_everyone:
            with self._stale_everyone.taken() as mentioned:
                self._take_everyone(mentioned, await self._database.read(unread_rows.everyone, mentioned))
        for alert in await self._alerts(await self._send_news()):
            self._send_alert(*alert)

    async def _read(self, function: Callable[..., UnreadRows], *arguments: Any) -> UnreadRows:
        self._during_read = []
        rows: UnreadRows = await self._database.read(function, *arguments)
        self._add_rooms(rows)
        return rows

    def _take_broadcasts_again(self) -> None:
        """Apply the broadcasts that arrived during a read, whose rows may be older."""
        events, self._during_read = self._during_read or [], None
        for event in events:
            self._take_moves(event)

    def _take_people(self, people: Iterable[int], rows: UnreadRows) -> None:
        for row in rows.memberships:
            person = self._people.get(row[0])
            if person is not None and not person.is_loaded:
                self._put(person, row[1], MembershipRow(*row), is_new=True)
        for person_id in people:
            if person := self._people.get(person_id):
                person.is_loaded = True
        self._unloaded.difference_update(people)
        self._take_broadcasts_again()

    async def _read_pairs(self) -> None:
        suspects = dict(self._suspects)
        with self._pairs.taken() as pairs:
            wanted = pairs | suspects.keys()
            rows = await self._read(unread_rows.of_pairs, wanted, set(self._rooms))
        found = {row[:2]: MembershipRow(*row) for row in rows.memberships if row[:2] in wanted}
        for pair in wanted:
            person, row = self._people.get(pair[0]), found.get(pair)
            if person is None or not person.is_loaded:
                continue
            # A row that is as it was at the comparison has not just changed, so its broadcast was lost.
            if pair in suspects and suspects[pair] == row and self._differs(person, pair[1], row):
                counts.unread_corrected += 1
            self._put(person, pair[1], row)
        for pair in suspects:
            del self._suspects[pair]
        self._take_broadcasts_again()

    def _add_rooms(self, rows: UnreadRows) -> None:
        new = {row.id: _Room(row.id, row, row.seq) for row in rows.rooms if row.id not in self._rooms}
        for room_id, seq in rows.everyone:
            if room_id in new:
                new[room_id].everyone.append(seq)
        self._rooms.update(new)

    def _take_rooms(self, ids: Iterable[int], rows: Iterable[RoomRow]) -> None:
        """Take over the names of rooms and what else lists show. One that no longer exists is nobody's."""
        found = {row.id: row for row in rows}
        for room in [self._rooms[room_id] for room_id in ids if room_id in self._rooms]:
            row = found.get(room.id)
            if row is None:
                for person_id in list(room.positions):
                    self._remove(self._people[person_id], room)
            elif row.shown != room.row.shown:
                room.row = row
                for person_id in room.positions:
                    self._news.lists[person_id].setdefault(room, "changed")

    def _take_everyone(self, ids: Iterable[int], rows: Iterable[tuple[int, int]]) -> None:
        seqs: dict[int, list[int]] = {}
        for room_id, seq in rows:
            seqs.setdefault(room_id, []).append(seq)
        for room in [self._rooms[room_id] for room_id in ids if room_id in self._rooms]:
            self._note_head(room)
            room.everyone = seqs.get(room.id, [])

    # ---- Comparison with the database

    async def compare(self) -> None:
        """Compare a tenth of the people and rooms with the database. The next `refresh` repairs what differs."""
        self._drop_empty_rooms()
        for people in _next_part(self._people_to_compare, self._people):
            rows = await self._database.read(unread_rows.of_people, people, set(self._rooms))
            self._suspects.update(self._differences(people, rows))
        for ids in _next_part(self._rooms_to_compare, self._rooms):
            found = {row.id: row for row in await self._database.read(unread_rows.rooms, ids)}
            for room in [self._rooms[room_id] for room_id in ids if room_id in self._rooms]:
                row = found.get(room.id)
                if row is None or row.shown != room.row.shown:
                    self._stale_rooms.add(room.id)
                if row is not None and row.everyone != sum(room.everyone):
                    self._stale_everyone.add(room.id)

    def _differences(self, people: Iterable[int], rows: UnreadRows) -> Iterator[tuple[Pair, MembershipRow | None]]:
        """Yield what differs. Nearly all rows are equal and plain, so these are compared without a call for each."""
        loaded = {it: person for it in people if (person := self._people.get(it)) is not None and person.is_loaded}
        found: defaultdict[int, set[int]] = defaultdict(set)
        for row in rows.memberships:
            person_id, room_id, read_seq, *rest = row
            person, room = loaded.get(person_id), self._rooms.get(room_id)
            if person is None:
                continue
            found[person_id].add(room_id)
            is_plain = rest == [None, None, person.level, 0, 0] and not (person.traits or person.mentions)
            is_same = is_plain and room is not None and room.positions.get(person_id) == read_seq
            if not is_same and self._differs(person, room_id, MembershipRow(*row)):
                yield (person_id, room_id), MembershipRow(*row)
        for person in loaded.values():
            missing = {room.id for room in person.rooms} - found[person.id]
            yield from (((person.id, room_id), None) for room_id in missing)

    def _differs(self, person: _Person, room_id: int, row: MembershipRow | None) -> bool:
        room = self._rooms.get(room_id)
        position = room.positions.get(person.id) if room is not None else None
        if row is None:
            return position is not None
        state = (position, person.traits.get(room_id, PLAIN), person.mentions.get(room_id, 0))
        return state != _state_of(row) or person.level != row.default

    def _drop_empty_rooms(self) -> None:
        for room in [room for room in self._rooms.values() if not room.positions]:
            del self._rooms[room.id]

    # ---- Sending

    async def _send_news(self) -> Wanted:
        """Send everyone what has changed for them, and return whom to alert. Other tasks run in between."""
        news, self._news = self._news, _News()
        first = {pair for pair in self._first if self._people[pair[0]].is_loaded}
        self._first -= first
        changes = self._changes(news)
        texts: dict[tuple[object, ...], str] = {}
        told = changes.keys() | news.lists.keys() | {person_id for person_id, _ in first}
        for number, person_id in enumerate(told, 1):
            if person := self._people.get(person_id):
                lists, changed = news.lists.get(person_id, {}), changes.get(person_id, ())
                for view in person.views:
                    if (person_id, view) not in self._first:  # connected just now, and gets all counts next time
                        is_first = (person_id, view) in first
                        now = _counts(person) if is_first else [(room, now) for room, _, now in changed]
                        self._send_counts(person, view, now, lists, texts, is_first=is_first)
            if number % SEND_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._send_memberships(news, first)
        self._send_positions(news.positions)
        return self._wanted(news, changes)

    def _send_counts(
        self,
        person: _Person,
        view: int,
        now: Iterable[tuple[_Room, Unread]],
        lists: Mapping[_Room, str],
        texts: dict[tuple[object, ...], str],
        *,
        is_first: bool,
    ) -> None:
        """Send the counts of all rooms but the one in view, if there are any. The first frame is sent in any case.

        Many people have the same count of a busy room, so equal frames are encoded once.
        """
        others = [(room, unread) for room, unread in now if room.id != view]
        if lists:
            text = _frame(others, person, lists)
        elif others or is_first:
            key = tuple(others)
            text = texts.get(key) or texts.setdefault(key, _frame(others))
        else:
            return
        self._connections.send_to_person(person.id, view, text)

    def _send_memberships(self, news: _News, first: set[Pair]) -> None:
        moved = {(person_id, room.id) for person_id, rooms in news.lists.items() for room in rooms}
        for person_id, view in first | moved:
            if (person := self._people.get(person_id)) and view in person.views:
                room = self._rooms.get(view)
                is_member = room is not None and person_id in room.positions
                self._connections.send_membership(person_id, view, is_member)

    def _send_positions(self, positions: Mapping[Pair, ReadPosition]) -> None:
        """Pass on read positions to the connections that view the room.

        A new connection has to wait, because its client takes the first frame for complete counts.
        """
        for pair, position in positions.items():
            if pair in self._first:
                self._news.positions[pair] = position
            else:
                self._connections.send_read_position(*pair, position)

    def _send_alert(self, room_id: int, text: str, people: Iterable[int]) -> None:
        for person in [self._people[person_id] for person_id in people if person_id in self._people]:
            for view in person.views:
                if view != room_id:
                    self._connections.send_to_person(person.id, view, text)

    def _changes(self, news: _News) -> dict[int, list[_Change]]:
        """Return the counts that differ from those of the last frames, by person."""
        changes: defaultdict[int, list[_Change]] = defaultdict(list)
        for room, people in news.counts.items():
            for person_id, before in people.items():
                person = self._people.get(person_id)
                if person is not None and person_id in room.positions:
                    now = _count(person, room, room.seq, room.everyone)
                    if now != before:
                        changes[person_id].append(_Change(room, before, now))
        for room, (seq, everyone) in news.heads.items():
            self._add_moved(changes, room, seq, everyone, news.counts.get(room, {}))
        return changes

    def _add_moved(
        self,
        changes: defaultdict[int, list[_Change]],
        room: _Room,
        seq: int,
        everyone: list[int],
        done: Mapping[int, Unread],
    ) -> None:
        """Add the changes of a room whose head or `@room` mentions moved, except for the people in `done`.

        This runs once a second for each member of each busy room.
        """
        people, head, has_everyone = self._people, room.seq, bool(everyone or room.everyone)
        for person_id, position in room.positions.items():
            if (head > position or seq > position or has_everyone) and person_id not in done:
                person = people[person_id]
                if has_everyone or person.mentions:
                    before, now = _count(person, room, seq, everyone), _count(person, room, head, room.everyone)
                else:
                    before, now = Unread(max(seq - position, 0), 0), Unread(max(head - position, 0), 0)
                if before != now:
                    changes[person_id].append(_Change(room, before, now))

    def _wanted(self, news: _News, changes: Mapping[int, Iterable[_Change]]) -> Wanted:
        """Return the newest message in each room that each person's level asks for, if they view other rooms only."""
        wanted: Wanted = {}
        posted = {room: room.seq for room, (seq, _) in news.heads.items() if room.seq > seq}
        for person_id, changed in changes.items():
            person = self._people.get(person_id)
            if person is None:
                continue
            for room, before, now in changed:
                if room.id in person.views and len(person.views) == 1:
                    continue
                level, seq = person.level_in(room), 0
                if level == Level.ALL and room in posted:
                    seq = posted[room]
                elif level != Level.NOTHING and now.mentions > before.mentions:
                    mentioned = news.mentioned.get(room, {})
                    seq = max(mentioned.get(person_id, 0), mentioned.get(0, 0))
                if seq > room.positions.get(person_id, seq):
                    wanted.setdefault((room.id, seq), []).append(person_id)
        return wanted


def _next_part(queue: list[int], everything: Iterable[int]) -> Iterator[list[int]]:
    """Take a tenth of the ids from the queue, in pieces of at most `LOAD_AT_ONCE`. An empty queue is filled again."""
    ids = list(everything)
    if not queue:
        queue.extend(ids)
    number = ceil(len(ids) / PARTS)
    part = queue[:number]
    del queue[:number]
    for start in range(0, len(part), LOAD_AT_ONCE):
        yield part[start : start + LOAD_AT_ONCE]


def _state_of(row: MembershipRow) -> tuple[int, Traits, int]:
    """Return the position, the traits and the number of mentions."""
    floor_seq = row.floor_seq or 0
    return max(row.read_seq, floor_seq), _traits(floor_seq, row.level, bool(row.is_starred)), row.mentions


def _set(values: dict[int, Any], key: int, value: Any, usual: Any) -> None:
    """Keep a value unless it is the usual one."""
    if value == usual:
        values.pop(key, None)
    else:
        values[key] = value


def _count(person: _Person, room: _Room, seq: int, everyone: list[int]) -> Unread:
    """Return the counts of a member's room with this head and these `@room` mentions."""
    position = room.positions[person.id]
    mentions = person.mentions.get(room.id, 0)
    if everyone:
        mentions += len(everyone) - bisect_right(everyone, position)
    return Unread(max(seq - position, 0), mentions)


def _counts(person: _Person) -> list[tuple[_Room, Unread]]:
    """Return the rooms in which the person has something unread."""
    found = [(room, _count(person, room, room.seq, room.everyone)) for room in person.rooms]
    return [(room, unread) for room, unread in found if unread != NOTHING]


def _frame(
    counts: Iterable[tuple[_Room, Unread]], person: _Person | None = None, lists: Mapping[_Room, str] | None = None
) -> str:
    unread = {room.row.slug: unread for room, unread in counts}
    if person is None or not lists:
        return Rooms(unread=unread).encode()
    joined = [_listed(person, room) for room, what in lists.items() if what == "joined"]
    changed = [_listed(person, room) for room, what in lists.items() if what == "changed"]
    left = [room.row.slug for room, what in lists.items() if what == "left"]
    return Rooms(unread=unread, joined=joined, changed=changed, left=left).encode()


def _listed(person: _Person, room: _Room) -> ListedRoom:
    count = _count(person, room, room.seq, room.everyone)
    row = room.row
    return ListedRoom(
        slug=row.slug,
        name=row.name,
        topic=row.topic,
        visibility=row.visibility,
        archived=row.archived_at is not None,
        seq=room.seq,
        unread=count.unread,
        mentions=count.mentions,
        starred=person.traits.get(room.id, PLAIN).is_starred,
        level=person.level_in(room),
    )

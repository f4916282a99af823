"""Unread counts of the rooms that connected people are not viewing, from heads and read positions in memory.

Broadcasts move both, so neither a post nor a reader costs a statement. Statements read only people who have just
connected, and what a broadcast cannot carry. All that happens within a second is sent in one frame.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from math import ceil
from typing import Any, Protocol

from chat.broadcast import Event
from chat.delivery.presence import unread_rows
from chat.delivery.presence.unread_frames import counts_frame
from chat.delivery.presence.unread_rows import MembershipRow, RoomRow, UnreadRows
from chat.delivery.presence.unread_state import (
    NOTHING,
    PLAIN,
    CountedPerson,
    CountedRoom,
    Due,
    Pair,
    ReadPosition,
    Traits,
    UnreadChange,
    UnreadNews,
    Wanted,
    count_unread,
    keep_unusual,
    state_of,
    unread_rooms,
)
from chat.history import Head
from chat.models import Level
from chat.protocol import Unread
from chat.telemetry.counters import counts

# People in one read. The event loop takes over their rows without a pause.
LOAD_AT_ONCE = 100
# People who are sent frames without a pause.
SEND_AT_ONCE = 500
# Parts into which people and rooms are divided for the comparison with the database.
PARTS = 10


class Connections(Protocol):
    """The connections that the counts are for. Each call concerns a person's connections to one room."""

    def send_to_person(self, person_id: int, room_id: int, text: str) -> None: ...

    def send_read_position(self, person_id: int, room_id: int, position: ReadPosition) -> None: ...

    def send_membership(self, person_id: int, room_id: int, is_member: bool) -> None: ...


class Reader(Protocol):
    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any: ...


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
        self._rooms: dict[int, CountedRoom] = {}
        self._people: dict[int, CountedPerson] = {}
        self._news = UnreadNews()
        self._first: set[Pair] = set()  # new connections, which need all counts
        # What has to be read:
        self._unloaded: set[int] = set()
        self._pairs: Due[Pair] = Due()
        self._suspects: dict[Pair, MembershipRow | None] = {}  # found to differ from these rows
        self._stale_rooms: Due[int] = Due()
        self._stale_everyone: Due[int] = Due()
        # Broadcasts since the running read began. Its rows may be older, so they are applied again after it.
        self._during_read: list[Event] | None = None
        self._people_to_compare: list[int] = []
        self._rooms_to_compare: list[int] = []

    # ---- Connections

    def enter(self, person_id: int, room_id: int) -> None:
        person = self._people.get(person_id)
        if person is None:
            person = self._people[person_id] = CountedPerson(person_id)
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

    def views(self, person_id: int) -> Collection[int]:
        """Return the ids of the rooms that a person has open here."""
        person = self._people.get(person_id)
        return person.views if person is not None else ()

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
                self._set_head(room, head.seq)

    def _take_moves(self, event: Event) -> None:
        """Take the parts of a broadcast that change what is known. Taking them again changes nothing."""
        for room_id, seq in event.get("heads", ()):
            room = self._rooms.get(room_id)
            if room is not None and seq > room.seq:
                self._set_head(room, seq)
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

    def _take_position(self, person: CountedPerson, room_id: int, seq: int, is_back: bool) -> None:
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

    def _note_head(self, room: CountedRoom) -> None:
        self._news.heads.setdefault(room, (room.seq, room.everyone))

    def _set_head(self, room: CountedRoom, seq: int) -> None:
        """Set the head. A new message lists a direct conversation again for those who have closed it."""
        self._note_head(room)
        before, room.seq = room.seq, seq
        for person_id in room.positions if room.is_direct else ():
            traits = self._people[person_id].traits.get(room.id, PLAIN)
            if traits.is_listed(seq) and not traits.is_listed(before):
                self._news.lists[person_id][room] = "joined"

    def _note_count(self, person: CountedPerson, room: CountedRoom, before: Unread | None = None) -> None:
        people = self._news.counts[room]
        if person.id not in people:
            people[person.id] = before or count_unread(
                person, room, *self._news.heads.get(room, (room.seq, room.everyone))
            )

    def _note_position(self, person: CountedPerson, room_id: int, position: int, is_back: bool) -> None:
        if room_id in person.views:
            _, was_back = self._news.positions.get((person.id, room_id), (0, False))
            self._news.positions[person.id, room_id] = (position, bool(is_back or was_back))

    def _move(self, person: CountedPerson, room: CountedRoom, position: int) -> None:
        self._note_count(person, room)
        is_back = position < room.positions[person.id]
        room.positions[person.id] = position
        self._note_position(person, room.id, position, is_back)

    def _put(self, person: CountedPerson, room_id: int, row: MembershipRow | None, *, is_new: bool = False) -> None:
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
        position, traits, mentions = state_of(row)
        if not is_known:
            person.rooms = (*person.rooms, room)
            room.positions[person.id] = position
            keep_unusual(person.traits, room_id, traits, PLAIN)
            self._note_position(person, room_id, position, False)
            # Joined since the page was opened.
            if (not is_new or (person.id, room_id) in self._pairs) and traits.is_listed(room.seq):
                self._note_count(person, room, NOTHING)
                self._news.lists[person.id][room] = "joined"
        elif position != room.positions[person.id]:
            self._move(person, room, position)
        self._set_level(person, row.default)
        before = person.traits.get(room_id, PLAIN)
        if traits != before:
            if is_known and room.is_direct:
                self._note_count(person, room)  # as the level decides whether messages count as mentions
            keep_unusual(person.traits, room_id, traits, PLAIN)
            if is_known and traits[1:] != before[1:]:
                self._note_listing(person, room, before, traits)
        if mentions != person.mentions.get(room_id, 0):
            if is_known:
                self._note_count(person, room)
            keep_unusual(person.mentions, room_id, mentions, 0)

    def _note_listing(self, person: CountedPerson, room: CountedRoom, before: Traits, now: Traits) -> None:
        """Note what has changed in the person's list for a room that they already had."""
        if before.is_listed(room.seq) == now.is_listed(room.seq):
            self._note_changed(person, room)
        else:
            self._news.lists[person.id][room] = "joined" if now.is_listed(room.seq) else "left"

    def _note_changed(self, person: CountedPerson, room: CountedRoom) -> None:
        """Note that a room in the person's list looks different. It does not list a closed conversation again."""
        if person.traits.get(room.id, PLAIN).is_listed(room.seq):
            self._news.lists[person.id].setdefault(room, "changed")

    def _set_level(self, person: CountedPerson, level: str) -> None:
        """Set the level of the person's rooms that have none of their own."""
        if level == person.level:
            return
        affected = [it for it in person.rooms if person.traits.get(it.id, PLAIN).level is None]
        for room in affected if person.is_loaded else ():
            if room.is_direct:
                self._note_count(person, room)
            self._note_changed(person, room)
        person.level = level

    def _remove(self, person: CountedPerson, room: CountedRoom) -> None:
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
        new = {row.id: CountedRoom(row.id, row, row.seq) for row in rows.rooms if row.id not in self._rooms}
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
                    self._note_changed(self._people[person_id], room)

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
            is_plain = rest == [None, None, person.level, 0, 0, None] and not (person.traits or person.mentions)
            is_same = is_plain and room is not None and room.positions.get(person_id) == read_seq
            if not is_same and self._differs(person, room_id, MembershipRow(*row)):
                yield (person_id, room_id), MembershipRow(*row)
        for person in loaded.values():
            missing = {room.id for room in person.rooms} - found[person.id]
            yield from (((person.id, room_id), None) for room_id in missing)

    def _differs(self, person: CountedPerson, room_id: int, row: MembershipRow | None) -> bool:
        room = self._rooms.get(room_id)
        position = room.positions.get(person.id) if room is not None else None
        if row is None:
            return position is not None
        state = (position, person.traits.get(room_id, PLAIN), person.mentions.get(room_id, 0))
        return state != state_of(row) or person.level != row.default

    def _drop_empty_rooms(self) -> None:
        for room in [room for room in self._rooms.values() if not room.positions]:
            del self._rooms[room.id]

    # ---- Sending

    async def _send_news(self) -> Wanted:
        """Send everyone what has changed for them, and return whom to alert. Other tasks run in between."""
        news, self._news = self._news, UnreadNews()
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
                        now = unread_rooms(person) if is_first else [(room, now) for room, _, now in changed]
                        self._send_counts(person, view, now, lists, texts, is_first=is_first)
            if number % SEND_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._send_memberships(news, first)
        self._send_positions(news.positions)
        return self._wanted(news, changes)

    def _send_counts(
        self,
        person: CountedPerson,
        view: int,
        now: Iterable[tuple[CountedRoom, Unread]],
        lists: Mapping[CountedRoom, str],
        texts: dict[tuple[object, ...], str],
        *,
        is_first: bool,
    ) -> None:
        """Send the counts of all rooms but the one in view, if there are any. The first frame is sent in any case.

        Many people have the same count of a busy room, so equal frames are encoded once.
        """
        others = [(room, unread) for room, unread in now if room.id != view]
        if lists:
            text = counts_frame(others, person, lists)
        elif others or is_first:
            key = tuple(others)
            text = texts.get(key) or texts.setdefault(key, counts_frame(others))
        else:
            return
        self._connections.send_to_person(person.id, view, text)

    def _send_memberships(self, news: UnreadNews, first: set[Pair]) -> None:
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

    def _changes(self, news: UnreadNews) -> dict[int, list[UnreadChange]]:
        """Return the counts that differ from those of the last frames, by person."""
        changes: defaultdict[int, list[UnreadChange]] = defaultdict(list)
        for room, people in news.counts.items():
            for person_id, before in people.items():
                person = self._people.get(person_id)
                if person is not None and person_id in room.positions:
                    now = count_unread(person, room, room.seq, room.everyone)
                    if now != before:
                        changes[person_id].append(UnreadChange(room, before, now))
        for room, (seq, everyone) in news.heads.items():
            self._add_moved(changes, room, seq, everyone, news.counts.get(room, {}))
        return changes

    def _add_moved(
        self,
        changes: defaultdict[int, list[UnreadChange]],
        room: CountedRoom,
        seq: int,
        everyone: list[int],
        done: Mapping[int, Unread],
    ) -> None:
        """Add the changes of a room whose head or `@room` mentions moved, except for the people in `done`.

        This runs once a second for each member of each busy room.
        """
        people, head, has_everyone = self._people, room.seq, bool(everyone or room.everyone or room.is_direct)
        for person_id, position in room.positions.items():
            if (head > position or seq > position or has_everyone) and person_id not in done:
                person = people[person_id]
                if has_everyone or person.mentions:
                    before, now = (
                        count_unread(person, room, seq, everyone),
                        count_unread(person, room, head, room.everyone),
                    )
                else:
                    before, now = Unread(max(seq - position, 0), 0), Unread(max(head - position, 0), 0)
                if before != now:
                    changes[person_id].append(UnreadChange(room, before, now))

    def _wanted(self, news: UnreadNews, changes: Mapping[int, Iterable[UnreadChange]]) -> Wanted:
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
                is_direct = room.is_direct and level != Level.NOTHING
                if room in posted and (is_direct or level == Level.ALL):
                    seq = posted[room]
                elif is_direct and news.lists.get(person_id, {}).get(room) == "joined":
                    seq = room.seq  # its first message came before this process knew of the conversation
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

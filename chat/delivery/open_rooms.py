"""The rooms that are open in this process: the feed and the connections of each, and frames sent to all of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from django.db import DatabaseError

from chat import broadcast, history
from chat.delivery.connection import Connection
from chat.delivery.feed import Feed
from chat.delivery.hub import Hub
from chat.delivery.process.db_threads import DatabaseThreads
from chat.delivery.process.tasks import Tasks

# A room without connections stays open this long, so that a page that reloads costs no reads.
LINGER_SECONDS = 10.0


class OpenRooms:
    def __init__(self, hub: Hub, database: DatabaseThreads):
        self.feeds: dict[int, Feed] = {}
        self._hub, self._database = hub, database
        self._connections: dict[int, set[Connection]] = {}
        self._people: dict[int, dict[int, set[Connection]]] = {}  # room to person to connections
        self._entering: Counter[int] = Counter()
        self._opening: dict[int, asyncio.Task[Feed]] = {}
        self._lingering: dict[int, asyncio.TimerHandle] = {}
        self._tasks = Tasks()

    async def stop(self) -> None:
        for timer in self._lingering.values():
            timer.cancel()
        await self._tasks.cancel()
        for feed in self.feeds.values():
            await feed.stop()

    # ---- Connections

    def add(self, connection: Connection) -> None:
        connection.pump.feed.pumps.add(connection.pump)
        self._connections.setdefault(connection.room_id, set()).add(connection)
        self._people.setdefault(connection.room_id, {}).setdefault(connection.person.id, set()).add(connection)

    def remove(self, connection: Connection) -> None:
        room_id = connection.room_id
        connection.pump.feed.pumps.discard(connection.pump)
        self._connections[room_id].discard(connection)
        self._people[room_id][connection.person.id].discard(connection)
        if not self._people[room_id][connection.person.id]:
            del self._people[room_id][connection.person.id]
        if not self._connections[room_id]:
            del self._connections[room_id], self._people[room_id]
            self._linger(room_id)

    def people_in(self, room_id: int) -> int:
        """Return the number of people connected to the room."""
        return len(self._people.get(room_id, ()))

    @property
    def size(self) -> int:
        """Return the number of connections to all rooms. Any thread may call this."""
        return sum(map(len, list(self._connections.values())))

    @property
    def ring_bytes(self) -> int:
        """Return the size of the messages that the feeds hold in memory. Any thread may call this."""
        return sum(feed.ring.bytes for feed in list(self.feeds.values()))

    def connections(self) -> Iterator[Connection]:
        for connections in self._connections.values():
            yield from connections

    def connections_to(self, room_id: int) -> Iterator[Connection]:
        yield from self._connections.get(room_id, ())

    def connections_of(self, person_id: int, room_id: int) -> Iterator[Connection]:
        yield from self._people.get(room_id, {}).get(person_id, ())

    def send_to(self, room_id: int, text: str, *, except_person: int | None = None) -> None:
        """Send a frame to everyone in the room."""
        for connection in self.connections_to(room_id):
            if connection.person.id != except_person:
                connection.send_text(text)

    def send_to_person(self, person_id: int, room_id: int, text: str) -> None:
        """Send a frame about other rooms to one person's connections to the room. A token of one room gets none."""
        for connection in self.connections_of(person_id, room_id):
            if connection.credential.room_id is None:
                connection.send_text(text)

    def send_read_position(self, person_id: int, room_id: int, position: tuple[int, bool]) -> None:
        """Tell a person's connections to the room where their read position is, except those that know it."""
        for connection in self.connections_of(person_id, room_id):
            connection.take_read_position(*position)

    def send_membership(self, person_id: int, room_id: int, is_member: bool) -> None:
        """Tell a person's connections to the room whether they are a member of it, if that has changed."""
        for connection in self.connections_of(person_id, room_id):
            connection.update_membership(is_member)

    # ---- Feeds

    @asynccontextmanager
    async def entering(self, room_id: int) -> AsyncIterator[Feed]:
        """Yield the feed of a room, and keep the room open meanwhile. Concurrent callers share one opening.

        Raises `django.db.Error` when the room cannot be read.
        """
        self._entering[room_id] += 1
        try:
            feed = self.feeds.get(room_id)
            yield await asyncio.shield(self._opened(room_id)) if feed is None else feed
        finally:
            self._entering[room_id] -= 1
            if not self._entering[room_id]:
                del self._entering[room_id]
                if room_id not in self._connections:
                    self._linger(room_id)

    def _opened(self, room_id: int) -> asyncio.Task[Feed]:
        if room_id not in self._opening:
            opening = self._opening[room_id] = self._tasks.start(self._open(room_id), f"opening room {room_id}")
            opening.add_done_callback(lambda _: self._opening.pop(room_id, None))
        return self._opening[room_id]

    async def _open(self, room_id: int) -> Feed:
        """Open the room's feed. It joins the group before it reads the head, so that no change in between is missed."""
        await self._hub.join(broadcast.room_group(room_id))
        head = await self._database.read(history.head, room_id)
        if head is None:
            raise DatabaseError(f"Room {room_id} no longer exists")
        feed = self.feeds[room_id] = Feed(head, self._database)
        return feed

    def _linger(self, room_id: int) -> None:
        """Close the room's feed after a while, unless someone is connected by then."""
        if timer := self._lingering.pop(room_id, None):
            timer.cancel()
        self._lingering[room_id] = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._close_if_empty, room_id)

    def _close_if_empty(self, room_id: int) -> None:
        self._lingering.pop(room_id, None)
        is_empty = room_id not in self._connections and room_id not in self._entering
        if is_empty and room_id in self.feeds:
            self._tasks.start(self._close(self.feeds.pop(room_id)), f"closing room {room_id}")

    async def _close(self, feed: Feed) -> None:
        await feed.stop()
        if feed.room_id not in self.feeds and feed.room_id not in self._opening:
            await self._hub.leave(broadcast.room_group(feed.room_id))
